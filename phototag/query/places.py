"""Distances on the globe."""

import math

EARTH_KM = 6371.0088  # mean radius, IUGG


def distance_km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """The great-circle distance between two places in signed degrees, by the haversine formula."""
    phi, other = math.radians(latitude), math.radians(other_latitude)
    half_phi = (other - phi) / 2
    half_lambda = math.radians(other_longitude - longitude) / 2
    squared = math.sin(half_phi) ** 2 + math.cos(phi) * math.cos(other) * math.sin(half_lambda) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(squared)))


def latitude_band(latitude: float, km: float) -> tuple[float, float]:
    """The latitudes, south and north, that a circle of `km` around `latitude` can't leave (a little generous)."""
    degrees = math.degrees(km / EARTH_KM) * (1 + 1e-9) + 1e-9
    return latitude - degrees, latitude + degrees

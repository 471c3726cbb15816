"""Examples for every command, as the end of its help. A test parses each of them."""

from collections.abc import Mapping
from typing import Any

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "index": (
        "phototag index ~/Pictures",
        "phototag index  # every folder again: only what is new or changed is read",
        "phototag index --dry-run ~/Pictures  # how many, what is left out and why, how long",
        "phototag index --pack medium --workers 4 --exclude 'Screenshots/'",
    ),
    "search": (
        "phototag search cat",
        "phototag search 'dog>=2 and beach' -n 50 --sort -taken",
        "phototag search person=2.. not car --json",
        "phototag search sunset -0 | xargs -0 cp -t ~/Sunsets",
    ),
    "find": ("phototag find cat and dog",),
    "count": ("phototag count person", "phototag count dog --by year", "phototag count 'car and person' --json"),
    "ask": ("phototag ask 'how many dogs were on the beach last summer'",),
    "show": ("phototag show IMG_1234.jpg", "phototag show IMG_1234.jpg --boxes -o boxes.jpg"),
    "similar": ("phototag similar IMG_1234.jpg -n 5", "phototag similar IMG_1234.jpg --query dog --json"),
    "open": ("phototag open cat", "phototag open 'dog>=2' -n 5 --with feh"),
    "crop": ("phototag crop dog --out ~/Dogs", "phototag crop 'person@0.6' --out people --pad 0.1"),
    "serve": ("phototag serve", "phototag serve --port 0 --open"),
    "gallery": ("phototag gallery 'cat or dog' --out ~/pets",),
    "labels": ("phototag labels", "phototag labels --tree"),
    "pairs": ("phototag pairs", "phototag pairs --least 10 --json"),
    "save": ("phototag save pets 'cat or dog'", "phototag search @pets"),
    "saved": ("phototag saved",),
    "forget": ("phototag forget pets",),
    "tag": ("phototag tag walk.jpg +beach -dog", "phototag tag --query 'path:Spain' +holiday"),
    "box": ("phototag box walk.jpg", "phototag box walk.jpg dog 412,880,1210,1466", "phototag box walk.jpg --delete 2"),
    "review": ("phototag review dog", "phototag review dog --limit 40"),
    "teach": ("phototag teach rex rex1.jpg rex2.jpg rex3.jpg rex4.jpg rex5.jpg", "phototag teach --list"),
    "corrections": ("phototag corrections", "phototag corrections --json"),
    "undo": ("phototag undo",),
    "export": (
        "phototag export dog --format coco --out dogs --copy --accept",
        "phototag export taken:2024 --format csv --out 2024",
    ),
    "import": ("phototag import dogs/instances.json --images dogs/images",),
    "write": ("phototag write dog --xmp-sidecar  # what would be written", "phototag write dog --xmp-sidecar --yes"),
    "album": (
        "phototag album pets 'cat or dog' --out ~/Albums",
        "phototag album pets --out ~/Albums  # bring it up to date",
        "phototag album --all",
        "phototag album pets --out ~/Albums --forget  # no longer bring it up to date",
    ),
    "dupes": ("phototag dupes --exact", "phototag dupes --near --json"),
    "compare": ("phototag compare small medium --sample 100",),
    "errors": ("phototag errors", "phototag index --retry-failed"),
    "watch": ("phototag watch", 'phototag watch ~/Pictures/Camera --on-change "notify-photos --new"'),
    "schedule install": (
        "phototag schedule install  # every night at 03:30",
        "phototag schedule install --every 1h --print",
        'phototag schedule install --at 12:15 --replace --on-change "notify-photos --new"',
    ),
    "schedule status": ("phototag schedule status",),
    "schedule remove": ("phototag schedule remove",),
    "schedule run": ("phototag schedule run",),
    "runs": ("phototag runs", "phototag runs -n 5 --json"),
    "diff": ("phototag diff", "phototag diff --since yesterday", "phototag diff --since 2024-06 --json"),
    "stats": ("phototag stats", "phototag stats --json"),
    "prune": ("phototag prune  # what would be deleted", "phototag prune --yes"),
    "doctor": ("phototag doctor", "phototag doctor --bench"),
    "demo": ("phototag demo", "phototag demo ~/demo --pack tiny"),
    "config show": ("phototag config show",),
    "config path": ("phototag config path",),
    "config set": ("phototag config set pack medium", "phototag config set thresholds.dog 0.4"),
    "config unset": ("phototag config unset pack",),
    "models list": ("phototag models list",),
    "models show": ("phototag models show yolox-nano",),
    "models install": ("phototag models install standard", "phototag models install small --from ~/weights"),
    "models add": ("phototag models add best.onnx --name mine", "phototag models add net.onnx --name n --labels n.txt"),
    "models fuse": ("phototag models fuse both yolox-nano deimv2-femto",),
    "models optimize": ("phototag models optimize yolox-nano --int8",),
    "models verify": ("phototag models verify",),
    "models remove": ("phototag models remove yolox-nano",),
    "roots list": ("phototag roots list",),
    "roots remove": ("phototag roots remove ~/OldPictures",),
    "roots move": ("phototag roots move /media/old/Pictures /media/new/Pictures",),
    "roots confirm": ("phototag roots confirm ~/Pictures/Deleted",),
    "db backup": ("phototag db backup ~/backup/photos.db",),
    "db restore": ("phototag db restore ~/backup/photos.db",),
    "db check": ("phototag db check",),
    "db vacuum": ("phototag db vacuum",),
    "eval detect": (
        "phototag eval detect instances.json --json",
        "phototag eval detect instances.json --html report.html",
    ),
    "eval classify": ("phototag eval classify ~/labelled  # a folder for each class",),
    "eval tune": ("phototag eval tune instances.json --dry-run",),
}


def finish_help(commands: Mapping[str, Any], above: str = "") -> None:
    """Let the help of these commands, and of the commands below them, flow with the terminal's width and end with
    their examples."""
    for name, command in commands.items():
        path = f"{above} {name}".strip()
        finish_help(getattr(command, "commands", {}), path)
        command.help = "\n\n".join(" ".join(part.split()) for part in (command.help or "").split("\n\n"))
        if examples := EXAMPLES.get(path):
            command.epilog = "\n".join(["Examples:", *examples])

"""The words that hold a sentence together, by what they do. Alternatives between bars are regular expressions."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


TIMES = "how many times|how often"
COUNTING = (
    f"{TIMES}|how many|how much|"
    "count up the number of|count the number of|count up|count|"
    "what number of|total number of|the number of|number of|tally"
)
FINDING = "gimme|find|show|search|list|get|give|display|look|bring up|pull up|fetch|open|see"
POLITE = (
    "please|can you|could you|would you mind|would you|will you|i want|i'd like|i would like|i need|let me|to see|"
    "to find|hey|hi|hello|ok|kindly|thanks|thank you|phototag|what is|what's|tell me|i'm looking for|i am looking for"
)
PHOTOS = "photos?|photographs?|pictures?|pics?|images?|shots?|snapshots?|snaps?|files?"
DENYING = (
    "but not|but no|but without|and not|and no|and without|without any|without|with no|not|no|never|neither|nor|"
    "excluding|exclude|except for|except|other than|apart from|minus|lacking|free of|w/o|don't|do not|doesn't|does not|"
    "didn't|did not|isn't|is not|aren't|are not|wasn't|weren't|haven't|hasn't|cannot|can't"
)
NOBODY = "nobody|no one|no-one|no humans"
SOMEBODY = "somebody|someone|anybody|anyone"
PREPOSITIONS = _words("in near at from by around to of with on for over behind like")
NOISE = frozenset(
    _words(
        """
        what's where's who's there's that's it's i'm i've we've a an the some any all every each both either me
        my mine i we us our you your he she it its they them their his her there here that which who whom whose
        what where when why how if then so is are was were be been being am do does did done can could would
        should will have has had having contain contains contained containing include includes including
        included show shows shown showing feature features featuring depict depicts depicting display see seen
        visible appear appears appearing exist exists of in on at to from for by as with like near around into
        over taken took take made make makes shot captured just also too again ever even only ones one library
        gallery collection album albums total altogether together please everything anything tagged other side
        thanks thank kindly thing things something stuff object objects this these those and but or out up vs s
        same time along plus
        . , ; : ! ? ( ) & - …
        """
    )
)
MAKERS = _words(
    """
    canon nikon sony fuji fujifilm pentax ricoh olympus panasonic lumix leica hasselblad sigma kodak minolta casio gopro
    dji pixel samsung galaxy huawei xiaomi oneplus motorola nokia htc zenit
    """
)
MODEL = (
    r"[\w-]*\d[\w-]*|iphone|ipad|eos|mark|pro|max|mini|plus|ultra|pixel|galaxy|note|lumix|coolpix|powershot|"
    r"rebel|alpha|"
    r"ii|iii|iv|v|se|xs|xr|x|hero|mavic|air"
)
STOP = _words(
    """
    and or but with without in on at from since before after until during of that which who showing where last this
    yesterday today taken near not no between , ; . ? !
    """
)
NUMBERS = _words(
    """
    zero one two three four five six seven eight
    nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
    nineteen twenty
    """
)

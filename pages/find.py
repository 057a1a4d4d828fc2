"""Find a recording: by words, age, sex and quality, as a list with a thumbnail of lead II."""

from pages.shared import frame
from pages.views.find import listing

with frame.page("Find a recording"):
    listing.show()

def page(titles): return "# Slides\n\nNone yet.\n"

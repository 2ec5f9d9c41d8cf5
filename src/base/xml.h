/* Writes XML text. */
#pragma once

#include "base/buf.h"

/* Escapes & < > " ' and carriage returns. Bytes that XML 1.0 cannot carry at all (control characters, invalid
 * UTF-8) become U+FFFD. */
void xml_escape(struct buf *out, struct str text);
/* <name>text</name>; nothing if the text is absent. `name` is trusted. */
void xml_element(struct buf *out, const char *name, struct str text);
/* The same, with character references (&#x1;) for characters that XML 1.0 cannot carry: strict parsers refuse
 * them, but no text is told as another one. */
void xml_element_exact(struct buf *out, const char *name, struct str text);
/* Well-formed UTF-8 of characters that XML 1.0 can carry. */
bool xml_text_valid(struct str text);

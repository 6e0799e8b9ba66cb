# Turns a chart's values.yaml into a table of Markdown. It reads what these files
# are made of and refuses anything else, so that no value goes undocumented:
#
#   key: default  # -- what it is        a value
#   group:  # what the values share      a group, the comment is optional
#     key: default  # -- what it is      a value of the group
#   key:  # -- what it is                one value over several lines:
#     part: default                        its parts need no comments

function fail(what) {
  printf "%s:%d: %s: %s\n", FILENAME, FNR, what, $0 > "/dev/stderr"
  failed = 1
  exit 1
}

function type(value) {
  if (value ~ /^\[/) return "list"
  if (value ~ /^\{/) return "map"
  if (value == "true" || value == "false") return "bool"
  if (value ~ /^-?[0-9]+$/) return "int"
  return "string"
}

function escape(text) {
  gsub(/\|/, "\\|", text)
  return text
}

function row(key, value, text) {
  printf "| `%s` | %s | `%s` | %s |\n", key, type(value), escape(value), escape(text)
}

function flush_parts() { # the value over several lines that ends here, if one does
  if (parts != "") row(group, "{" parts "}", group_text)
  else if (group_documented) fail("no parts below " group)
  parts = ""
  group_documented = 0
}

BEGIN { print "| key | type | default | what |\n|---|---|---|---|" }

/^ *#/ || /^$/ { next }

{
  if ($0 !~ /^(  )?[a-zA-Z]+:( |$)/) fail("expected a key, at most one level deep")
  line = $0
  text = ""
  documented = 0
  if ((at = index(line, "  # ")) > 0) {
    text = substr(line, at + 4)
    line = substr(line, 1, at - 1)
    if (text ~ /^-- /) {
      documented = 1
      text = substr(text, 4)
    }
  }
  nested = line ~ /^  /
  sub(/^ +/, "", line)
  key = substr(line, 1, index(line, ":") - 1)
  value = substr(line, length(key) + 3)

  if (!nested) {
    flush_parts()
    group = ""
    if (value == "") {
      group = key
      group_text = text
      group_documented = documented
      if (text != "" && !documented) printf "| `%s` | | | %s |\n", key, escape(text)
      next
    }
  } else if (group == "") fail("no group over it")

  if (group_documented) {
    if (documented || value == "") fail("expected a part of " group ", which has a comment of its own")
    parts = parts (parts == "" ? "" : ", ") key ": " value
    next
  }
  if (!documented) fail("expected a comment that starts with # --")
  if (value == "") fail("expected a default")
  row(nested ? group "." key : key, value, text)
}

END { if (!failed) flush_parts() }

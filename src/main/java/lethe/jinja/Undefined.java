package lethe.jinja;

/** What a name or a member stands for that is not there: false, empty, and nothing when written. */
record Undefined(String name) {}

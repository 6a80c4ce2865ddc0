package policy

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Annotate returns the source of a rule with the title, severity, fix and
// controls of the table in its METADATA; whatever else is there stays.
func (c Control) Annotate(source string) string {
	var out []string
	inside, custom, owned := false, false, false
	for line := range strings.Lines(source) {
		text := strings.TrimRight(line, "\n")
		key := strings.TrimPrefix(text, "#")
		indent := len(key) - len(strings.TrimLeft(key, " "))
		switch {
		case text == "# METADATA":
			inside = true
		case !strings.HasPrefix(text, "#"):
			inside, custom = false, false
		case inside && strings.HasPrefix(text, "# title:"):
			text = "# title: " + scalar(c.Title)
		case inside && text == "# custom:":
			custom, owned = true, false
			out = append(out, text)
			out = append(out, c.lines()...)
			continue
		case custom && indent > 3 && owned:
			continue // goes on a key of the table
		case custom && indent == 3:
			if owned = isOwned(strings.TrimSpace(key)); owned {
				continue
			}
		}
		out = append(out, text)
	}
	return strings.Join(out, "\n") + "\n"
}

func isOwned(line string) bool {
	key, _, _ := strings.Cut(line, ":")
	return key == "severity" || key == "fix" || key == "controls"
}

func (c Control) lines() []string {
	lines := []string{"#   severity: " + string(c.Severity), "#   fix: " + scalar(c.Fix), "#   controls:"}
	for _, framework := range slices.Sorted(maps.Keys(c.Frameworks)) {
		ids := make([]string, 0, len(c.Frameworks[framework]))
		for _, id := range c.Frameworks[framework] {
			ids = append(ids, strconv.Quote(id))
		}
		lines = append(lines, fmt.Sprintf("#     %s: [%s]", framework, strings.Join(ids, ", ")))
	}
	return lines
}

// scalar quotes text that YAML would not read as it is.
func scalar(text string) string {
	if strings.Contains(text, ": ") || strings.Contains(text, " #") || strings.ContainsAny(text[:1], "\"'[]{}&*!|>%@`-?:,#") {
		return strconv.Quote(text)
	}
	return text
}

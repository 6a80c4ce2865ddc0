package leakscan

import (
	"fmt"
	"strconv"
	"strings"
)

// Ignored are findings that a .gitleaksignore names; the zero value has none.
type Ignored map[string]bool

// ParseIgnored reads a .gitleaksignore: lines of PATH:RULE:LINE or COMMIT:PATH:RULE:LINE,
// and comments. What is neither is told with its line.
func ParseIgnored(text, name string) (Ignored, error) {
	all := Ignored{}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		parts := strings.Split(line, ":")
		last := parts[len(parts)-1]
		if _, err := strconv.Atoi(last); err != nil || len(parts) != 3 && len(parts) != 4 {
			return nil, fmt.Errorf("%s:%d: %q is neither PATH:RULE:LINE nor COMMIT:PATH:RULE:LINE", name, n, line)
		}
		parts[len(parts)-3] = strings.ReplaceAll(parts[len(parts)-3], `\`, "/")
		all[strings.Join(parts, ":")] = true
	}
	return all, nil
}

// Has reports whether a match in a file is ignored, at any commit or at this one.
func (i Ignored) Has(commit, name string, m Match) bool {
	if len(i) == 0 {
		return false
	}
	key := name + ":" + m.Rule + ":" + strconv.Itoa(m.Line)
	return i[key] || commit != "" && i[commit+":"+key]
}

package yamldoc

import "strings"

// Part is one document of a file, which begins in the line.
type Part struct {
	Line   int
	Source string
}

// Split parts a file at its lines of ---, into at most most and one more. What has
// nothing but comments is no document.
func Split(source string, most int) []Part {
	var parts []Part
	start, first, line, at := -1, 0, 0, 0 // start is where the document under way begins
	end := func() {
		if start >= 0 {
			parts = append(parts, Part{first, source[start:at]})
		}
		start = -1
	}
	for text := range strings.Lines(source) {
		line++
		bare := strings.TrimRight(text, " \t\r\n")
		if bare == "---" || strings.HasPrefix(bare, "--- #") {
			end()
		} else if trimmed := strings.TrimSpace(bare); start < 0 && trimmed != "" && trimmed[0] != '#' {
			start, first = at, line
		}
		if len(parts) > most {
			return parts
		}
		at += len(text)
	}
	end()
	return parts
}

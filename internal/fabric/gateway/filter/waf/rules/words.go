package rules

import "strings"

// operators are those that look at a value and nothing else, in lower case.
func operators() []string {
	return []string{
		"beginswith", "contains", "detectsqli", "detectxss", "endswith", "eq", "ge", "gt", "ipmatch", "le", "lt", "nomatch", "pm", "restpath", "rx",
		"streq", "strmatch", "unconditionalmatch", "validatebyterange", "validatenid", "validateurlencoding", "validateutf8encoding", "within",
	}
}

// actions are those that tell what a rule is, and how it decides.
func actions() []string {
	return []string{
		"accuracy", "allow", "block", "capture", "deny", "id", "log", "logdata", "maturity", "msg", "multimatch", "noauditlog", "nolog", "pass", "phase",
		"rev", "setvar", "severity", "skipafter", "t", "tag", "ver", "ctl", "chain",
	}
}

// controls are the settings of a transaction that leave the engine as it is.
func controls() []string {
	return []string{
		"requestbodyprocessor", "ruleremovebyid", "ruleremovebymsg", "ruleremovebytag", "ruleremovetargetbyid", "ruleremovetargetbymsg",
		"ruleremovetargetbytag",
	}
}

// hidden are targets that are not the request's.
func hidden() []string { return []string{"ENV", "SERVER_ADDR", "SERVER_PORT"} }

// arguments parts what stands behind a directive: words, and texts in quotes in
// which a backslash keeps the quote behind it.
func arguments(s string) (out []string, ok bool) {
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		if s[0] != '"' && s[0] != '\'' {
			word, rest, _ := strings.Cut(s, " ")
			if strings.Contains(word, `"`) {
				return nil, false
			}
			out, s = append(out, word), rest
			continue
		}
		end := closing(s)
		if end < 0 {
			return nil, false
		}
		out, s = append(out, s[1:end]), s[end+1:]
		if s != "" && s[0] != ' ' && s[0] != '\t' {
			return nil, false
		}
	}
	return out, true
}

// closing returns where the quote that s begins with is closed.
func closing(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return i
		}
	}
	return -1
}

// list parts a list at its commas, as Coraza does it: those in single quotes
// part nothing, and what stands behind a backslash is a letter like any.
func list(s string) []string {
	var out []string
	quoted, begin := false, 0
	for i := 1; i < len(s); i++ {
		switch {
		case s[i-1] == '\\':
		case s[i] == '\'':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			out, begin = append(out, strings.TrimSpace(s[begin:i])), i+1
		}
	}
	if rest := strings.TrimSpace(s[begin:]); rest != "" {
		out = append(out, rest)
	}
	return out
}

// dangerous are words of SecLang that reach beyond the request. They are refused
// wherever they stand, so that no way of quoting hides one.
func dangerous() []string {
	return []string{"inspectfile", "fromfile", "fromdataset", "ipmatchf", "@pmf", "exec:", "@rbl", "geolookup", "validateschema", "initcol", "setenv"}
}

package engine

import (
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/corazawaf/coraza-coreruleset/v4"
)

// folder is where the rule set's files lie in the file system that Coraza reads.
const folder = "@owasp_crs"

// initial is the file that gives what was not set up its defaults.
const initial = "REQUEST-901-INITIALIZATION.conf"

// files are the rule set's after its first, in their order.
func files(response bool) []string {
	out := []string{
		"REQUEST-905-COMMON-EXCEPTIONS.conf", "REQUEST-911-METHOD-ENFORCEMENT.conf", "REQUEST-913-SCANNER-DETECTION.conf",
		"REQUEST-920-PROTOCOL-ENFORCEMENT.conf", "REQUEST-921-PROTOCOL-ATTACK.conf", "REQUEST-922-MULTIPART-ATTACK.conf",
		"REQUEST-930-APPLICATION-ATTACK-LFI.conf", "REQUEST-931-APPLICATION-ATTACK-RFI.conf", "REQUEST-932-APPLICATION-ATTACK-RCE.conf",
		"REQUEST-933-APPLICATION-ATTACK-PHP.conf", "REQUEST-934-APPLICATION-ATTACK-GENERIC.conf", "REQUEST-941-APPLICATION-ATTACK-XSS.conf",
		"REQUEST-942-APPLICATION-ATTACK-SQLI.conf", "REQUEST-943-APPLICATION-ATTACK-SESSION-FIXATION.conf",
		"REQUEST-944-APPLICATION-ATTACK-JAVA.conf", "REQUEST-949-BLOCKING-EVALUATION.conf", "REQUEST-999-COMMON-EXCEPTIONS-AFTER.conf",
	}
	if response {
		out = append(out, "RESPONSE-950-DATA-LEAKAGES.conf", "RESPONSE-951-DATA-LEAKAGES-SQL.conf", "RESPONSE-952-DATA-LEAKAGES-JAVA.conf",
			"RESPONSE-953-DATA-LEAKAGES-PHP.conf", "RESPONSE-954-DATA-LEAKAGES-IIS.conf", "RESPONSE-955-WEB-SHELLS.conf",
			"RESPONSE-956-DATA-LEAKAGES-RUBY.conf", "RESPONSE-959-BLOCKING-EVALUATION.conf")
	}
	return out
}

// ruleFiles is the rule set with its expressions given to our operator, and
// without what fold leaves out; nil leaves all.
type ruleFiles struct {
	stock bool
	fold  func(name, text string) string
}

// Open implements fs.FS.
func (ruleFiles) Open(name string) (fs.File, error) {
	return coreruleset.FS.Open(name) //nolint:wrapcheck // the file system's own error
}

// ReadFile implements fs.ReadFileFS.
func (f ruleFiles) ReadFile(name string) ([]byte, error) {
	content, err := fs.ReadFile(coreruleset.FS, name)
	if err != nil || f.stock || path.Ext(name) != ".conf" {
		return content, err //nolint:wrapcheck // the file system's own error
	}
	text := string(content)
	if f.fold != nil {
		text = f.fold(name, text)
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = ours(line)
	}
	return []byte(strings.Join(lines, "\n")), nil
}

// ours names our operator in a line, unless its expression is of bytes beyond
// ASCII: Coraza reads those with another package.
func ours(line string) string {
	if strings.HasPrefix(strings.TrimSpace(line), "#") {
		return line
	}
	before, after, ok := strings.Cut(line, `@rx `)
	if !ok || !strings.HasSuffix(before, `"`) && !strings.HasSuffix(before, `"!`) || ofBytes.MatchString(after) {
		return line
	}
	return before + "@" + operatorName + " " + after
}

var ofBytes = regexp.MustCompile(`\\x(?:[89a-fA-F]|\{)`)

var idAction = regexp.MustCompile(`\bid:\s*'?(\d+)`)

// Known tells whether the rule set, or what it is set up with, has a rule.
func Known(id int) bool { return everyID()[id] }

var everyID = sync.OnceValue(func() map[int]bool { return idsOf(Config{Response: true, Stock: true}) }) //nolint:gochecknoglobals // read once

// idsOf returns the ids of the rules that an engine loads.
func idsOf(c Config) map[int]bool {
	out := map[int]bool{}
	texts := []string{setup(c), levels(c), c.Rules}
	f, folded := folds(c)
	for _, file := range append(files(c.Response), initial) {
		name := folder + "/" + file
		content, err := fs.ReadFile(coreruleset.FS, name)
		switch {
		case err != nil: // Coraza says so
		case folded:
			texts = append(texts, f.fold(name, string(content)))
		default:
			texts = append(texts, string(content))
		}
	}
	for _, text := range texts {
		for _, m := range idAction.FindAllStringSubmatch(text, -1) {
			if id, err := strconv.Atoi(m[1]); err == nil {
				out[id] = true
			}
		}
	}
	return out
}

package source

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// readStage reads the file of one stage, which has the keys of an entry of
// stages in the configuration.
func readStage(file, name string, src []byte) (stage.Stage, []kernel.Problem) {
	var st stage.Stage
	if _, err := yamldoc.Read(file, src); err != nil {
		return st, problemsOf(file, src, err)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(src))
	decoder.KnownFields(true)
	if err := decoder.Decode(&st); err != nil {
		return st, yamlProblems(file, src, err)
	}
	if st.Name != name {
		line, column := keyAt(src, "name")
		return st, []kernel.Problem{{
			File: file, Line: line, Column: column, Path: "name",
			Message: "the stage calls itself " + strconv.Quote(st.Name) + ", its file " + strconv.Quote(name), Fix: "use the same name in both places",
		}}
	}
	// The first stage alone may not take by itself, and that is seen in the set.
	alone := st
	alone.AutoPromote = false
	if e, ok := errors.AsType[*kernel.Error](stage.Validate([]stage.Stage{alone})); ok {
		e.Problems = inStage(name, e.Problems)
		return st, problemsOf(file, src, e)
	}
	return st, nil
}

var (
	lineOf  = regexp.MustCompile(`line (\d+): (.*)`)
	unknown = regexp.MustCompile(`^field (\S+) not found in type \S+$`)
	wrong   = regexp.MustCompile("^cannot unmarshal !!\\w+ ?(`.*`)? into (\\S+)$")
)

// yamlProblems puts the decoder's words into ones that do not need Go.
func yamlProblems(file string, src []byte, err error) []kernel.Problem {
	if errors.Is(err, io.EOF) {
		return []kernel.Problem{{File: file, Line: 1, Column: 1, Message: "the file is empty", Fix: "write the stage's name, order, target and runtime"}}
	}
	messages := []string{err.Error()}
	if e, ok := errors.AsType[*yaml.TypeError](err); ok {
		messages = e.Errors
	}
	out := make([]kernel.Problem, 0, len(messages))
	for _, m := range messages {
		p := kernel.Problem{File: file, Line: 1, Column: 1, Message: strings.TrimPrefix(m, "yaml: ")}
		if found := lineOf.FindStringSubmatch(m); found != nil {
			p.Line, _ = strconv.Atoi(found[1]) // digits
			p.Column, p.Message = firstIn(src, p.Line), found[2]
		}
		if found := unknown.FindStringSubmatch(p.Message); found != nil {
			p.Path, p.Message, p.Fix = found[1], "the key "+strconv.Quote(found[1])+" is not known", "see stages in docs/reference/config.yaml for the keys"
		} else if found := wrong.FindStringSubmatch(p.Message); found != nil {
			p.Path, p.Message = keyIn(src, p.Line), strings.TrimSpace(found[1]+" does not fit here")
			p.Fix = "see stages in docs/reference/config.yaml"
		}
		out = append(out, p)
	}
	return out
}

// keyIn returns the key in a line, empty where it has none.
func keyIn(src []byte, line int) string {
	lines := bytes.Split(src, []byte("\n"))
	if line < 1 || line > len(lines) {
		return ""
	}
	key, _, found := bytes.Cut(bytes.TrimLeft(lines[line-1], " \t-"), []byte(":"))
	if !found {
		return ""
	}
	return string(key)
}

// firstIn returns the column of the first letter in a line.
func firstIn(src []byte, line int) int {
	lines := bytes.Split(src, []byte("\n"))
	if line < 1 || line > len(lines) {
		return 1
	}
	text := lines[line-1]
	return len(text) - len(bytes.TrimLeft(text, " \t-")) + 1
}

func keyAt(src []byte, path string) (line, column int) {
	var doc yaml.Node
	if yaml.Unmarshal(src, &doc) != nil {
		return 1, 1
	}
	return position(&doc, path)
}

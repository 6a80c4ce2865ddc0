package policy

import (
	"errors"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Source is how a folder or repository of policies is.
type Source struct {
	Name     string `json:"name"`
	Policies int    `json:"policies"`
	// Version names what is evaluated, "" where nothing of it ever compiled.
	Version string `json:"version,omitempty"`
	// Problem is why what is there now is not what is evaluated, "" where it is; each
	// of Problems has its file, line and column.
	Problem  string           `json:"problem,omitempty"`
	Problems []kernel.Problem `json:"problems,omitempty"`
}

// Broken is the source with why what is there now is not evaluated; nil is nothing.
func (s Source) Broken(err error) Source {
	if err == nil {
		return s
	}
	s.Problem = err.Error()
	if e, ok := errors.AsType[*kernel.Error](err); ok {
		s.Problem, s.Problems = e.Message, e.Problems
	}
	return s
}

// Why is the problem in a line, with its places.
func (s Source) Why() string { return inLine(s.Problem, s.Problems) }

// inLine is a message with its problems, in a line.
func inLine(message string, problems []kernel.Problem) string {
	texts := make([]string, 0, len(problems))
	for _, p := range problems {
		texts = append(texts, p.String())
	}
	if len(texts) == 0 {
		return message
	}
	return message + ": " + strings.Join(texts, "; ")
}

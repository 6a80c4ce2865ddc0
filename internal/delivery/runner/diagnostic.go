package runner

import (
	"errors"
	"strings"
	"syscall"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// diagnostic is an error or a warning of the tool.
type diagnostic struct {
	Severity string `json:"severity"`
	Summary  string `json:"summary"`
	Detail   string `json:"detail"`
	Address  string `json:"address"`
	Range    *struct {
		Filename string `json:"filename"`
		Start    struct {
			Line   int `json:"line"`
			Column int `json:"column"`
		} `json:"start"`
	} `json:"range"`
}

func (d diagnostic) problem() kernel.Problem {
	p := kernel.Problem{Path: d.Address, Message: d.Summary}
	if d.Detail != "" {
		p.Message += ": " + strings.Join(strings.Fields(d.Detail), " ")
	}
	if d.Range != nil {
		p.File, p.Line, p.Column = d.Range.Filename, d.Range.Start.Line, d.Range.Start.Column
	}
	return p
}

// class is a kind of failure that the tool's words give away.
type class struct {
	words []string
	kind  kernel.Kind
	fix   string
}

// classes are tried in order; what matches none is the fault of the root module.
var classes = []class{ //nolint:gochecknoglobals // a constant
	{[]string{"no space left on device"}, kernel.Unavailable, "free space on the disk that holds Terrace's data directory and try again"},
	{[]string{"Error acquiring the state lock"}, kernel.Locked, "wait until the run that holds the lock has ended, or cancel it"},
	{[]string{"Saved plan is stale", "Saved plan does not match"}, kernel.Stale, "plan again: the state has changed since"},
	{[]string{"no longer holds", "is not the current one"}, kernel.Stale, "another runner has taken the stack over"},
	{
		[]string{
			"Error accessing remote module registry", "Failed to query available provider packages", "Failed to resolve provider packages", "Failed to install provider",
			"Could not download module", "Module not found", "Failed to download module", "Failed to get existing workspaces", "Error refreshing state",
			"Error loading state", "Failed to load state", "Failed to retrieve available versions", "connection refused", "no such host", "i/o timeout",
		}, kernel.Unavailable, "look at the problems for what could not be reached, and try again when it can be",
	},
}

func classOf(text string) class {
	for _, c := range classes {
		for _, word := range c.words {
			if strings.Contains(text, word) {
				return c
			}
		}
	}
	return class{kind: kernel.Invalid}
}

// failure turns a failed command into one error: the tool's diagnostics as
// problems, or the end of its error output where it gave none.
func (t Tool) failure(command string, s *stream, stderr string, err error) error {
	if e, ok := errors.AsType[*kernel.Error](err); ok {
		return e
	}
	var problems []kernel.Problem
	var words strings.Builder
	for _, d := range s.diagnostics {
		if d.Severity == "error" {
			problems = append(problems, d.problem())
			words.WriteString(d.Summary + "\n" + d.Detail + "\n")
		}
	}
	if len(problems) == 0 {
		problems = append(problems, kernel.Problem{Message: lastLines(s.censor(stderr), err)})
		words.WriteString(stderr)
	}
	c := classOf(words.String())
	failed := kernel.Errorf(c.kind, "%s %s failed: %s", t.Name, command, summaryOf(problems))
	failed.Err, failed.Fix = err, c.fix
	return failed.WithProblems(problems...)
}

func (s *stream) censor(text string) string {
	if s.secret == "" {
		return text
	}
	return strings.ReplaceAll(text, s.secret, "(token)")
}

func summaryOf(problems []kernel.Problem) string {
	message, _, _ := strings.Cut(problems[0].Message, ": ")
	return message
}

func lastLines(stderr string, err error) string {
	if stderr == "" {
		return err.Error()
	}
	lines := strings.Split(stderr, "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}

// onDisk explains a file error; a full disk is not a defect of Terrace.
func onDisk(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		full := kernel.Errorf(kernel.Unavailable, "the disk that holds Terrace's data directory is full: %s", what)
		full.Err = err
		return full.WithFix("free space on it and try again")
	default:
		return kernel.Errorf(kernel.Internal, "%s: %w", what, err)
	}
}

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

// words are the summary and the detail, on one line.
func (d diagnostic) words() string {
	return strings.Join(strings.Fields(d.Summary+" "+d.Detail), " ")
}

// fixMark begins what Terrace's own provider says is to be done, which is the
// last part of a detail.
const fixMark = "To fix it: "

// problems returns what is wrong, and after it each line that the detail lists,
// such as those of a service's log.
func (d diagnostic) problems() []kernel.Problem {
	detail, fix, _ := strings.Cut(d.Detail, fixMark)
	text, listed := d.Summary, []kernel.Problem(nil)
	separator := ": "
	for line := range strings.Lines(detail) {
		words := strings.Join(strings.Fields(line), " ")
		switch {
		case words == "":
		case strings.HasPrefix(line, "  "):
			listed = append(listed, kernel.Problem{Message: words})
		default:
			text += separator + words
			separator = " "
		}
	}
	p := kernel.Problem{Path: d.Address, Message: text, Fix: strings.Join(strings.Fields(fix), " ")}
	if d.Range != nil {
		p.File, p.Line, p.Column = d.Range.Filename, d.Range.Start.Line, d.Range.Start.Column
	}
	return append([]kernel.Problem{p}, listed...)
}

// class is a kind of failure that the tool's words give away.
type class struct {
	words []string
	kind  kernel.Kind
	fix   string
	// general is what says nothing in an error about a resource, where others speak.
	general bool
}

// classes are tried in order; what matches none is the fault of the root module.
var classes = []class{ //nolint:gochecknoglobals // a constant
	{words: []string{"no space left on device"}, kind: kernel.Unavailable, fix: "free space on the disk that holds Terrace's data directory and try again"},
	{words: []string{"Error acquiring the state lock"}, kind: kernel.Locked, fix: "wait until the run that holds the lock has ended, or cancel it"},
	{words: []string{"Saved plan is stale", "Saved plan does not match"}, kind: kernel.Stale, fix: "plan again: the state has changed since"},
	{words: []string{"no longer holds", "is not the current one"}, kind: kernel.Stale, fix: "another runner has taken the stack over"},
	{
		general: true, kind: kernel.Unavailable, fix: "look at the problems for what could not be reached, and try again when it can be",
		words: []string{
			"Error accessing remote module registry", "Failed to query available provider packages", "Failed to resolve provider packages", "Failed to install provider",
			"Could not download module", "Module not found", "Failed to download module", "Failed to get existing workspaces", "Error refreshing state",
			"Error loading state", "Failed to load state", "Failed to retrieve available versions", "connection refused", "no such host", "i/o timeout",
		},
	},
}

// classOf classifies words about a resource, and words about the tool itself.
func classOf(resource, own string) class {
	for _, c := range classes {
		for _, word := range c.words {
			if strings.Contains(own, word) || (!c.general && strings.Contains(resource, word)) {
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
	var resource, own strings.Builder
	for _, d := range s.diagnostics {
		if d.Severity != "error" {
			continue
		}
		problems = append(problems, s.clean(d).problems()...)
		about := &own
		if d.Address != "" {
			about = &resource
		}
		about.WriteString(d.Summary + "\n" + d.Detail + "\n")
	}
	if len(problems) == 0 {
		problems = append(problems, kernel.Problem{Message: lastLines(s.censor(stderr), err)})
		own.WriteString(stderr)
	}
	c := classOf(resource.String(), own.String())
	failed := kernel.Errorf(c.kind, "%s %s failed: %s", t.Name, command, summaryOf(problems))
	failed.Err, failed.Fix = err, c.fix
	return failed.WithProblems(problems...)
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

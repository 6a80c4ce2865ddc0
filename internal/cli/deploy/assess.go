package deploy

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// writeAssessment says what a change would bring where, and what it needs.
func writeAssessment(w io.Writer, a apiclient.RunAssessment, now time.Time) {
	if a.Release != nil && a.Operation == apiclient.RunOperationDestroy {
		_, _ = fmt.Fprintf(w, "%s of %s in %s: takes away %s, with everything it owns there\n", a.Operation, a.Workload, a.Stage, named(*a.Release))
	} else if a.Release != nil {
		from := "nothing"
		if a.Deployed != nil {
			from = named(*a.Deployed)
		}
		_, _ = fmt.Fprintf(w, "%s of %s to %s: %s, in place of %s\n", a.Operation, a.Workload, a.Stage, named(*a.Release), from)
	}
	for _, t := range a.Takes {
		_, _ = fmt.Fprintf(w, "  takes no longer: %s of %s in the project %s\n", anyOutput(t.Outputs), t.Workload, t.Project)
	}
	if len(a.Users) > 0 {
		_, _ = fmt.Fprintf(w, "  takes outputs from: %s\n", strings.Join(a.Users, ", "))
	}
	if a.Availability != nil {
		_, _ = fmt.Fprintf(w, "  available %s: %s\n", yesNo(a.Availability.Available), output.Told(now, a.Why))
	}
	_, _ = fmt.Fprintf(w, "  %s\n  approvals needed: %s\n", opening(now, a), approvals(a.RequiredApprovals))
	for _, says := range a.ByItself {
		_, _ = fmt.Fprintf(w, "  by itself: %s\n", output.Told(now, says))
	}
	if len(a.Ahead) > 0 {
		_, _ = fmt.Fprintf(w, "  comes after: %s\n", strings.Join(a.Ahead, ", "))
	}
	for _, o := range a.Obstacles {
		_, _ = fmt.Fprintf(w, "  not now: %s\n", output.Told(now, o.Message))
	}
}

func anyOutput(names []string) string {
	if len(names) == 0 {
		return "nothing, but comes after it,"
	}
	return strings.Join(names, ", ")
}

func named(r apiclient.RunReleaseRef) string {
	text := fmt.Sprintf("#%d %s", r.Number, r.ID)
	if r.Version != "" {
		text += " (" + r.Version + ")"
	}
	return text
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func opening(now time.Time, a apiclient.RunAssessment) string {
	text, by := a.Stage+" is open", ""
	if !a.Opening.Open {
		text = a.Stage + " is closed"
	}
	if a.Opening.Window != "" {
		by = " by the window " + a.Opening.Window
	}
	if a.Opening.Next != nil {
		by += " until " + output.Moment(now, *a.Opening.Next)
	}
	return text + by
}

func approvals(a apiclient.StageApprovals) string {
	if a.Count == 0 {
		return "none"
	}
	text := fmt.Sprintf("%d by role %s", a.Count, a.Role)
	if a.OtherThanRequester {
		text += ", not by who asks"
	}
	if a.ExpireAfter != "" {
		text += ", which count for " + output.Span(a.ExpireAfter)
	}
	return text
}

// refused is the error of a change for which there is no release.
func refused(a apiclient.RunAssessment) error {
	if len(a.Obstacles) == 1 {
		return kernel.Errorf(kernel.Refused, "%s", a.Obstacles[0].Message).WithFix("%s", a.Obstacles[0].Fix)
	}
	return kernel.Errorf(kernel.Refused, "%s of %s to %s is not possible now, for %d reasons", a.Operation, a.Workload, a.Stage, len(a.Obstacles)).
		WithProblems(a.Obstacles...)
}

package automation

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// placeholder is a field of the event in a template: ${data.workload}.
var placeholder = regexp.MustCompile(`\$\{([^}]*)\}`)

var field = regexp.MustCompile(`^(id|source|type|subject|time|tenant|project|stage|actor|reason|data(\.[A-Za-z0-9_-]{1,64}){1,8})$`)

// checkTemplate reports placeholders that no event can fill.
func checkTemplate(v yamldoc.Value, template string) {
	if len(template) > maxText {
		v.Problem("make it shorter", "the text has %d characters, more than %d", len(template), maxText)
	}
	for _, m := range placeholder.FindAllStringSubmatchIndex(template, -1) {
		if name := template[m[2]:m[3]]; !field.MatchString(name) {
			v.ProblemAt(v.Inside(m[0], m[1]), "use id, source, type, subject, time, tenant, project, stage, actor, reason or data.FIELD", "events have no field %q", name)
		}
	}
	if rest := placeholder.ReplaceAllString(template, ""); strings.Contains(rest, "${") {
		v.Problem("close it with }", "a ${ has no end")
	}
}

// fill puts the event's values into a template. What was put in is not read again.
func fill(template string, env map[string]any) (string, error) {
	var missing error
	out := placeholder.ReplaceAllStringFunc(template, func(m string) string {
		name := m[2 : len(m)-1]
		s, ok := scalar(lookup(env, strings.Split(name, ".")))
		if !ok && missing == nil {
			missing = fmt.Errorf("the event has no text or number in %s", name)
		}
		return s
	})
	if missing == nil && len(out) > 4*maxText {
		missing = fmt.Errorf("the text would have %d characters", len(out))
	}
	return out, missing
}

func lookup(env map[string]any, path []string) any {
	var v any = env
	for _, key := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[key]
	}
	return v
}

func scalar(v any) (string, bool) {
	switch s := v.(type) {
	case string:
		return s, s != ""
	case float64:
		return strconv.FormatFloat(s, 'f', -1, 64), true
	case bool:
		return strconv.FormatBool(s), true
	default:
		return "", false
	}
}

// filled returns the action with the event's values.
func (a Action) filled(env map[string]any) (Action, error) {
	for _, text := range []*string{&a.Project, &a.Workload, &a.Stage, &a.Release, &a.Subscription, &a.Message} {
		s, err := fill(*text, env)
		if err != nil {
			return a, err
		}
		*text = s
	}
	return a, nil
}

package kubernetes

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// ResourceType is the type of resource that declares workloads.
const ResourceType = "terrace_kubernetes_workload"

// Declaration returns the workload that a plan of a resource declares: its
// planned values, which of them are unknown and which are sensitive, as
// terraform writes plans. A sensitive value would be readable by everyone who
// reads the repository: it is Invalid.
func Declaration(after, unknown, sensitive any) (workload string, spec json.RawMessage, err error) {
	members, _ := merge(after, unknown).(map[string]any)
	workload, _ = members["name"].(string)
	var problems []kernel.Problem
	marked, _ := sensitive.(map[string]any)
	for name := range members {
		if notDeclared(name) {
			delete(members, name)
			continue
		}
		findMarks(name, marked[name], &problems)
	}
	if len(problems) > 0 {
		slices.SortFunc(problems, func(a, b kernel.Problem) int { return strings.Compare(a.Path, b.Path) })
		return workload, nil, kernel.Errorf(kernel.Invalid, "workload %s would write sensitive values into Git", workload).WithProblems(problems...)
	}
	spec, err = json.Marshal(members)
	return workload, spec, err
}

// notDeclared are the attributes that are computed, or not the object's own.
func notDeclared(name string) bool {
	return slices.Contains([]string{
		"name", "id", "tags", "claim", "namespace", "repository", "folder", "commit", "status", "endpoints", "notes",
	}, name)
}

// merge puts Unknown in the place of what is unknown, and leaves out nulls.
func merge(after, unknown any) any {
	if yes, ok := unknown.(bool); ok && yes {
		return Unknown
	}
	switch value := after.(type) {
	case map[string]any:
		return mergeMembers(value, unknown)
	case []any:
		marks, _ := unknown.([]any)
		out := make([]any, 0, len(value))
		for i, element := range value {
			var mark any
			if i < len(marks) {
				mark = marks[i]
			}
			out = append(out, merge(element, mark))
		}
		return out
	default:
		return after
	}
}

func mergeMembers(value map[string]any, unknown any) map[string]any {
	marks, _ := unknown.(map[string]any)
	out := map[string]any{}
	for name, member := range value {
		if merged := merge(member, marks[name]); merged != nil {
			out[name] = merged
		}
	}
	for name, mark := range marks { // terraform leaves unknown members out of the values
		if _, ok := value[name]; !ok {
			if merged := merge(nil, mark); merged != nil {
				out[name] = merged
			}
		}
	}
	return out
}

// findMarks names the places that terraform marks as sensitive.
func findMarks(path string, marks any, problems *[]kernel.Problem) {
	switch m := marks.(type) {
	case bool:
		if m {
			*problems = append(*problems, kernel.Problem{
				Path: path, Message: "the value is sensitive", Fix: "refer to a secret of the platform: a resource's output that is ${secret:NAME}, not the value itself",
			})
		}
	case map[string]any:
		for name, member := range m {
			findMarks(path+"."+name, member, problems)
		}
	case []any:
		for _, member := range m {
			findMarks(path, member, problems)
		}
	}
}

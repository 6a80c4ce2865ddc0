package plan

import (
	"encoding/json"
	"slices"
)

// marksOf makes of the paths of a state's sensitive attributes the marks that
// `terraform show -json` has beside values. A path that is written in another way
// marks all; nothing marks nothing.
func marksOf(paths any) any {
	var marks any
	for _, item := range items(paths) {
		steps, known := stepsOf(item)
		if !known {
			return true
		}
		marks = mark(marks, steps)
	}
	return marks
}

// stepsOf reads a path: names and numbers.
func stepsOf(path any) (steps []any, known bool) {
	list, is := path.([]any)
	for _, item := range list {
		step := object(item)
		value := step["value"]
		if step["type"] == "index" {
			value = object(value)["value"]
		}
		switch v := value.(type) {
		case string:
			steps = append(steps, v)
		case json.Number:
			n, err := v.Int64()
			if err != nil || n < 0 || n > mostMarked {
				return nil, false
			}
			steps = append(steps, int(n))
		default:
			return nil, false
		}
	}
	return steps, is
}

// mostMarked bounds the number of an element of a list that is marked alone.
const mostMarked = 100_000

// mark adds a path to marks.
func mark(marks any, steps []any) any {
	if marks == true || len(steps) == 0 {
		return true
	}
	if name, is := steps[0].(string); is {
		at := object(marks)
		if at == nil {
			if marks != nil {
				return true // two paths that take the same for different things
			}
			at = map[string]any{}
		}
		at[name] = mark(at[name], steps[1:])
		return at
	}
	n, _ := steps[0].(int)
	list, is := marks.([]any)
	if !is && marks != nil {
		return true
	}
	for len(list) <= n {
		list = append(list, nil)
	}
	list = slices.Clone(list)
	list[n] = mark(list[n], steps[1:])
	return list
}

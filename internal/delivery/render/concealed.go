package render

import (
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/workload"
)

// concealedInput is the input of the module of the containers that has the values which
// nothing may show.
const concealedInput = "concealed"

// concealed is the expression for what of the values that containers are given terraform
// knows to be sensitive, each as JSON; "" where they are given none.
func (b *builder) concealed() string {
	var values []string
	for _, name := range b.in.Workload.ContainerNames() {
		c := b.in.Workload.Containers[name]
		for _, variable := range sortedKeys(c.Variables) {
			values = append(values, b.values(c.Variables[variable])...)
		}
		for _, target := range sortedKeys(c.Files) {
			values = append(values, b.values(c.Files[target].Content)...)
		}
	}
	if len(values) == 0 {
		return ""
	}
	slices.Sort(values)
	return "${[for value in [" + strings.Join(slices.Compact(values), ", ") + "] : jsonencode(value) if issensitive(value)]}"
}

// values are the expressions of what a text refers to.
func (b *builder) values(t workload.Template) (values []string) {
	for _, part := range t.Parts {
		if part.Ref == nil {
			continue
		}
		value := b.template(workload.Template{Parts: []workload.Part{part}}, "")
		values = append(values, strings.TrimSuffix(strings.TrimPrefix(value, "${"), "}"))
	}
	return values
}

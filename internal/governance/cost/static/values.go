package static

import (
	"encoding/json"
	"io/fs"

	"github.com/hashicorp/hcl/v2"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// installed maps module paths to the folders that terraform init put them in.
func installed(fsys fs.FS) map[string]string {
	src, err := fs.ReadFile(fsys, ".terraform/modules/modules.json")
	if err != nil {
		return map[string]string{}
	}
	var list struct {
		Modules []struct{ Key, Dir string }
	}
	if json.Unmarshal(src, &list) != nil {
		return map[string]string{}
	}
	out := map[string]string{}
	for _, m := range list.Modules {
		out[m.Key] = m.Dir
	}
	return out
}

func tooMany(at hcl.Range, what string, limit int) error {
	return kernel.Errorf(kernel.Invalid, "the configuration is larger than Terrace reads").WithProblems(kernel.Problem{
		File: at.Filename, Line: at.Start.Line, Column: at.Start.Column,
		Message: what, Fix: "Keep it within the limit, or estimate the plan instead.",
	}).WithFix("The limit is %d.", limit)
}

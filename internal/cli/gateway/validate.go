package gateway

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc/specschema"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Valid is what documents without a mistake are.
type Valid struct {
	Routes   int `json:"routes"`
	Policies int `json:"policies"`
	Products int `json:"products,omitempty"`
	// Notes are what the target does otherwise.
	Notes []kernel.Problem `json:"notes,omitempty"`
	// Warnings are what is probably not meant.
	Warnings []string `json:"warnings,omitempty"`
}

func validate(e *command.Env) *cobra.Command {
	var paths []string
	var target string
	c := &cobra.Command{
		Use: "validate", Short: "Check documents without a server", Args: cobra.NoArgs,
		Long: "Routes are checked whole, policies and products field by field. What lies beyond, such as fields that exclude each\n" +
			"other and what a document names elsewhere, the server checks with: terrace gateway apply --dry-run\n" +
			"With --target azure each field is held against what Azure does, too.",
		Example: "  terrace gateway validate -f gateway/\n  terrace gateway validate -f gateway/ --target azure",
		RunE: func(*cobra.Command, []string) error {
			files, err := read(e, paths)
			if err != nil {
				return err
			}
			docs, err := gatewaydoc.Read(files...)
			if err != nil {
				return err
			}
			v, err := check(docs)
			if err != nil {
				return err
			}
			if target == targetAzure {
				if v.Notes, err = onAzure(docs); err != nil {
					return err
				}
			}
			return e.Print(v, func(w io.Writer) { valid(w, v) })
		},
	}
	fileFlag(c, &paths)
	command.Choice(c, &target, "target", targetLocal, "what the documents are obeyed by: the target of their stage", targetLocal, targetAzure)
	return c
}

func check(docs []gatewaydoc.Document) (Valid, error) {
	v := Valid{Warnings: targetless(docs)}
	problems, err := specschema.Check(docs)
	if err != nil {
		return v, err
	}
	for _, d := range docs {
		switch {
		case d.IsProduct():
			v.Products++
			continue
		case !d.IsRoute():
			v.Policies++
			continue
		}
		v.Routes++
		_, err := d.Check()
		if told, ok := errors.AsType[*kernel.Error](err); ok {
			problems = append(problems, told.Problems...)
		} else if err != nil {
			return v, err
		}
	}
	if len(problems) > 0 {
		return v, kernel.Errorf(kernel.Invalid, "the documents are not valid").WithProblems(problems...)
	}
	return v, nil
}

// targetless tells of policies for routes that these documents do not have.
func targetless(docs []gatewaydoc.Document) []string {
	type key struct{ project, stage, name string }
	routes := map[key]bool{}
	for _, d := range docs {
		if d.IsRoute() {
			routes[key{d.Project, d.Stage, d.Name}] = true
		}
	}
	var out []string
	for _, d := range docs {
		if !d.IsRoute() && d.Target != "" && !routes[key{d.Project, d.Stage, d.Target}] {
			out = append(out, d.Place()+": "+d.Kind+" "+d.Name+" is for the route "+d.Target+", which is not among these documents: unless the gateway has it, the policy waits for it")
		}
	}
	return out
}

func valid(w io.Writer, v Valid) {
	for _, n := range v.Notes {
		_, _ = fmt.Fprintf(w, "%s:%d:%d: %s: %s\n", n.File, n.Line, n.Column, n.Path, n.Message)
	}
	for _, warning := range v.Warnings {
		_, _ = fmt.Fprintln(w, "warning: "+warning)
	}
	if v.Routes > 0 {
		_, _ = fmt.Fprintf(w, "valid: %s\n", output.Count(v.Routes, "route"))
	}
	for _, some := range []struct {
		n    int
		what string
	}{{v.Policies, "policies"}, {v.Products, "products"}} {
		if some.n > 0 {
			_, _ = fmt.Fprintf(w, "valid field by field: %s of %s; the rest the server checks with: terrace gateway apply --dry-run\n", output.Count(some.n, "document"), some.what)
		}
	}
}

package render

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// runtime makes the arguments of the module service from a workload, or tells
// what it cannot run.
type runtime func(in Input, s scope) (map[string]any, []kernel.Problem, error)

func runtimes() map[string]runtime {
	return map[string]runtime{
		"process":    process,
		"kubernetes": kubernetes,
	}
}

// Runtimes returns the names of the runtimes, sorted.
func Runtimes() []string { return slices.Sorted(maps.Keys(runtimes())) }

// serviceOf returns the module call that runs the containers; further are
// problems that were found before.
func serviceOf(in Input, s scope, further []kernel.Problem) (map[string]any, error) {
	run, ok := runtimes()[in.Runtime]
	if !ok {
		return nil, kernel.Errorf(kernel.Invalid, "nothing can be rendered for runtime %q", in.Runtime).
			WithFix("the runtimes are %s", strings.Join(Runtimes(), ", "))
	}
	arguments, problems, err := run(in, s)
	if err != nil {
		return nil, fmt.Errorf("render workload %s: %w", in.Context.Workload, err)
	}
	if problems = append(problems, further...); len(problems) > 0 {
		return nil, kernel.Errorf(kernel.Invalid, "workload %s cannot run on stage %s, whose runtime is %s",
			in.Context.Workload, in.Context.Stage, in.Runtime).WithProblems(problems...)
	}
	call := map[string]any{
		"source": source(in.Service), "version": in.Service.Version,
		"release": escape(in.Release), "release_version": escape(in.ReleaseVersion),
	}
	maps.Copy(call, arguments)
	addContract(call, in, in.Service, in.Context.Workload)
	return call, nil
}

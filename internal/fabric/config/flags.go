package config

import (
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/fabric/config/configfile"
	"github.com/terrace-idp/terrace/internal/fabric/config/flag"
)

// Flags are the feature flags of a workload at a stage. They are evaluated, not handed over:
// rules are nobody's business but the platform's.
type Flags struct {
	workload, stage string
	of              map[string]flag.Flag
}

// Flags returns those of the workload whose token the actor of ctx came by. No secret is
// read for them, so that one that is missing stops no flag.
func (s *Service) Flags(ctx context.Context) (Flags, error) {
	t, err := s.bearer(ctx)
	if err != nil {
		return Flags{}, err
	}
	_, set, err := s.current(ctx, t.Scope)
	if err != nil {
		return Flags{}, err
	}
	return flagsOf(t, set), nil
}

func flagsOf(t Token, set *configfile.Set) Flags {
	f := Flags{workload: t.Workload, stage: t.Stage, of: map[string]flag.Flag{}}
	for _, e := range set.Flags(t.Workload, t.Stage) {
		f.of[e.Key] = e.Flag
	}
	return f
}

// Evaluate evaluates one flag. Its error is a *flag.Error. A flag that is turned off is as
// one that is not there, as flagd has it: the caller's own default counts.
func (f Flags) Evaluate(key string, attributes map[string]any) (flag.Result, error) {
	one, ok := f.of[key]
	if !ok {
		return flag.Result{Key: key}, &flag.Error{Code: flag.FlagNotFound, Message: "there is no flag " + key + " for " + f.workload + " at " + f.stage}
	}
	if one.State == flag.Disabled {
		return flag.Result{Key: key}, &flag.Error{Code: flag.FlagNotFound, Message: "the flag " + key + " is turned off: your own default counts"}
	}
	return one.Evaluate(key, attributes)
}

// Names returns those that are not turned off, in their order.
func (f Flags) Names() []string {
	return slices.DeleteFunc(sorted(f.of), func(key string) bool { return f.of[key].State == flag.Disabled })
}

package landingzone_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/landingzone"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// vault has one secret, in the project platform; who reads it is counted.
type vault struct{ reads int }

func (v *vault) Missing(_ context.Context, scope kernel.Scope, r secretref.Reference) (*kernel.Problem, error) {
	if scope == (kernel.Scope{Tenant: "acme", Project: "platform", Stage: "dev"}) && r.Name == "mysql/admin" {
		return nil, nil //nolint:nilnil // there is no problem
	}
	return &kernel.Problem{Message: "there is no secret " + r.Name + " in " + scope.Stage, Fix: "terrace secret set " + r.Name + " --stage " + scope.Stage}, nil
}

func (v *vault) Resolve(_ context.Context, _ kernel.Scope, r secretref.Reference) (value string, version int, err error) {
	v.reads++
	return "value of " + r.Inside(), 3, nil
}

// doors let through what is named, as ACTION PROJECT/STAGE.
type doors map[string]bool

func (d doors) Authorize(_ context.Context, action string, scope kernel.Scope) error {
	if action == landingzone.ActionRead || d[action+" "+scope.Project+"/"+scope.Stage] {
		return nil
	}
	return kernel.Errorf(kernel.Denied, "%s is not allowed in %s", action, scope)
}

type anyStage struct{}

func (anyStage) Check(string) error { return nil }

func TestInputsAreOfTheStageAndOfWhoMayReadThem(t *testing.T) {
	t.Parallel()
	const there = "${secret:platform/mysql/admin#password}"
	acme := kernel.Scope{Tenant: "acme", Project: "ignored"}
	for name, tt := range map[string]struct {
		may        doors
		references []string
		read       bool
		kind       kernel.Kind
		says       string
		reads      int
	}{
		"a reader reads":           {doors{"secret.read platform/dev": true}, []string{there}, true, "", "", 1},
		"who sees names looks":     {doors{"workload.read platform/dev": true}, []string{there}, false, "", "", 0},
		"and reads nothing":        {doors{"workload.read platform/dev": true}, []string{there}, true, kernel.Denied, "secret.read", 0},
		"nobody else is told":      {doors{}, []string{"${secret:platform/none}"}, false, kernel.Denied, "workload.read", 0},
		"of another project":       {doors{"secret.read platform/dev": true}, []string{there, "${secret:shop/key}"}, true, kernel.Denied, "acme/shop", 0},
		"all that is missing":      {doors{"secret.read platform/dev": true}, []string{"${secret:platform/a}", there, "${secret:platform/b}"}, true, kernel.Refused, "terrace secret set b --stage dev --project platform", 0},
		"whose it is is not":       {doors{}, []string{"${secret:admin}"}, true, kernel.Invalid, "write ${secret:PROJECT/NAME} here", 0},
		"no reference":             {doors{}, []string{"hunter2"}, true, kernel.Invalid, "no reference to a secret", 0},
		"more than one":            {doors{}, []string{there + there}, true, kernel.Invalid, "text behind the reference", 0},
		"more than are looked for": {doors{}, make([]string, landingzone.MaxInputs+1), false, kernel.TooLarge, "201 references", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := &vault{}
			s := &landingzone.Service{Authorizer: tt.may, Stages: anyStage{}, Secrets: v}
			got, err := s.Inputs(t.Context(), acme, "dev", tt.references, tt.read)
			if kernel.KindOf(err) != tt.kind || err != nil && !strings.Contains(err.Error(), tt.says) || v.reads != tt.reads {
				t.Errorf("%v, %d reads", err, v.reads)
			}
			if e, is := errors.AsType[*kernel.Error](err); is && tt.kind == kernel.Refused && len(e.Problems) != 2 {
				t.Errorf("it is told %v", e.Problems)
			}
			if tt.kind == "" && (len(got) != 1 || got[0].Reference != there || (got[0].Value == "value of mysql/admin#password") != tt.read) {
				t.Errorf("%+v", got)
			}
		})
	}
}

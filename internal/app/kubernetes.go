package app

import (
	"context"
	"fmt"
	"net/mail"
	"os"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/kubernetes"
	"github.com/terrace-idp/terrace/internal/target/kubernetes/gitrepo"
	"github.com/terrace-idp/terrace/internal/target/kubernetes/manifest"
)

// newKubernetes makes the runtime that keeps workloads in Git; it costs nothing
// where no stage has it.
func newKubernetes(p *platform, stages *stage.Set, runs run.Store, policies kubernetes.Policies) *kubernetes.Service {
	find := func(name string) (kubernetes.Stage, bool) {
		s, err := stages.Get(name)
		if err != nil || s.Runtime != stage.RuntimeKubernetes {
			return kubernetes.Stage{}, false
		}
		return clusterStage(s.GitOps.WithDefaults()), true
	}
	return kubernetes.New(kubernetes.Config{Dir: p.path("gitops"), Stage: find, Requesters: requesters{runs}, Policies: policies, Log: p.log})
}

func clusterStage(g stage.GitOps) kubernetes.Stage {
	author, err := mail.ParseAddress(g.Author)
	if err != nil { // the configuration was checked
		author = &mail.Address{}
	}
	return kubernetes.Stage{
		Repository: kubernetes.Repository{
			URL: g.Repository, Branch: g.Branch, Folder: g.Path, Username: g.Username, Token: gitToken(g),
			Author: gitrepo.Author{Name: author.Name, Email: author.Address},
		},
		Gateway: manifest.Gateway{
			Name: g.ParentGateway.Name, Namespace: g.ParentGateway.Namespace, Section: g.ParentGateway.Section, Sources: g.ParentGateway.Sources,
		},
		PrivateNetworks: g.PrivateNetworks, Mesh: kubernetes.Mesh{Kind: g.Mesh, TrustDomain: g.TrustDomain},
	}
}

// gitToken reads the token each time: it is renewed while the daemon runs.
func gitToken(g stage.GitOps) func() (string, error) {
	switch {
	case g.TokenFile != "":
		return func() (string, error) {
			b, err := os.ReadFile(g.TokenFile)
			if err != nil {
				return "", kernel.Errorf(kernel.Unavailable, "the file of the Git token cannot be read: %w", err).WithFix("see gitops.tokenFile of the stage")
			}
			return strings.TrimSpace(string(b)), nil
		}
	case g.TokenVariable != "":
		return func() (string, error) {
			token := os.Getenv(g.TokenVariable)
			if token == "" {
				return "", kernel.Errorf(kernel.Unavailable, "the variable %s has no Git token", g.TokenVariable).WithFix("set it for terraced")
			}
			return token, nil
		}
	default:
		return nil
	}
}

// requesters tells commits who asked for a run.
type requesters struct{ runs run.Store }

func (a requesters) Requester(ctx context.Context, scope kernel.Scope, id string) (string, error) {
	r, err := a.runs.Get(ctx, scope, id)
	return r.RequestedBy.Name, err
}

// manifests tells the run room what plans change in Git.
type manifests struct{ clusters *kubernetes.Service }

func (a manifests) Changes(ctx context.Context, scope kernel.Scope, plan *tfjson.Plan) ([]run.FileChange, error) {
	changes := []run.FileChange{}
	if plan == nil {
		return changes, nil
	}
	for _, rc := range plan.ResourceChanges {
		if rc == nil || rc.Change == nil || rc.Type != kubernetes.ResourceType || rc.Mode == tfjson.DataResourceMode || rc.Change.Actions.NoOp() {
			continue
		}
		files, err := a.changesOf(ctx, scope, rc.Change)
		if err != nil {
			return nil, fmt.Errorf("manifests of %s: %w", rc.Address, err)
		}
		for _, f := range files {
			changes = append(changes, run.FileChange{Path: f.Path, Change: f.Change, Diff: f.Diff})
		}
	}
	return changes, nil
}

func (a manifests) changesOf(ctx context.Context, scope kernel.Scope, c *tfjson.Change) ([]kubernetes.FileChange, error) {
	if c.Actions.Delete() {
		before, _ := c.Before.(map[string]any)
		name, _ := before["name"].(string)
		return a.clusters.Preview(ctx, scope, name, nil)
	}
	name, spec, err := kubernetes.Declaration(c.After, c.AfterUnknown, c.AfterSensitive)
	if err != nil {
		return nil, err
	}
	return a.clusters.Preview(ctx, scope, name, spec)
}

package azure_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/target/azuresim"
	"github.com/terrace-idp/terrace/internal/target/azuresim/azuresimclient"
)

const (
	githubIssuer = "https://token.actions.githubusercontent.com"
	repository   = "terrace-idp/terrace"
	audience     = "api://AzureADTokenExchange"
)

// simulator is a simulated Azure of this test, with the way in that a person
// outside of the cloud has.
type simulator struct {
	server *azuresim.Server
	client *azuresimclient.Client
}

func simulate(t *testing.T) *simulator {
	t.Helper()
	folder := t.TempDir()
	server, err := azuresim.New(t.Context(), azuresim.Config{Announce: folder})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close(context.Background()) })
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	running, err := azuresimclient.Find(folder)
	if err != nil {
		t.Fatal(err)
	}
	client, err := azuresimclient.New(running)
	if err != nil {
		t.Fatal(err)
	}
	return &simulator{server: server, client: client}
}

// owner is the environment of who owns the subscription.
func (s *simulator) owner() []string {
	var env []string
	for name, value := range s.server.Env() {
		env = append(env, name+"="+value)
	}
	return env
}

// job is the environment of a workflow's job that runs in a GitHub environment:
// no secret, but a token of GitHub's.
func (s *simulator) job(t *testing.T, environment, client, subscription string) []string {
	t.Helper()
	token, err := s.client.Token(t.Context(), githubIssuer, "repo:"+repository+":environment:"+environment, audience)
	if err != nil {
		t.Fatal(err)
	}
	env := slices.DeleteFunc(s.owner(), func(pair string) bool {
		return strings.HasPrefix(pair, "ARM_CLIENT_") || strings.HasPrefix(pair, "ARM_SUBSCRIPTION_ID")
	})
	return append(env, "ARM_USE_OIDC=true", "ARM_OIDC_TOKEN="+token, "ARM_CLIENT_ID="+client, "ARM_SUBSCRIPTION_ID="+subscription)
}

// edit changes a resource behind Terraform's back.
func (s *simulator) edit(t *testing.T, id string, set map[string]any) {
	t.Helper()
	var out any
	if err := s.client.Post(t.Context(), "edit", map[string]any{"id": id, "as": "somebody in the portal", "set": set}, &out); err != nil {
		t.Fatal(err)
	}
}

// resources are the ids of all that there is. What was deleted and is only kept to come back, as vaults protected from purging must be, is not.
func (s *simulator) resources(t *testing.T) []string {
	t.Helper()
	var all []struct{ ID string }
	if err := s.client.Get(t.Context(), "resources", url.Values{}, &all); err != nil {
		t.Fatal(err)
	}
	ids := make([]string, 0, len(all))
	for _, r := range all {
		if !strings.Contains(r.ID, "/deletedVaults/") && !strings.Contains(r.ID, "/deletedServices/") {
			ids = append(ids, r.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

package bench_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/local/localtest"
	"github.com/terrace-idp/terrace/test/harness"
)

// score is a service with a secret, a cache, a topic, a name and a route, as
// the golden path makes them.
const score = `apiVersion: score.dev/v1b1
metadata:
  name: %s
  annotations: {terrace.dev/owner: bench, terrace.dev/costcenter: "4711"}
containers:
  main:
    image: .
    variables:
      MARK: %s
      SECRET: ${resources.session.value}
      CACHE: ${resources.cache.host}:${resources.cache.port}
      TOPIC: ${resources.events.url}
    readinessProbe: {httpGet: {path: /health, port: 8080}}
service:
  ports:
    web: {port: 80, targetPort: 8080}
resources:
  session: {type: secret}
  cache: {type: redis}
  events: {type: topic}
  host: {type: dns}
  web: {type: route, params: {host: "${resources.host.host}", path: /, port: 80}}
`

// platform is a running daemon with an uploaded artifact.
type platform struct {
	*harness.Daemon
	client   *apiclient.Client
	project  string
	artifact kernel.Digest
}

func start(b *testing.B, arguments ...string) *platform {
	b.Helper()
	p := &platform{Daemon: harness.Start(b, arguments...)}
	signIn := p.SignIn()
	p.project = signIn.Project
	var err error
	if p.client, err = apiclient.New(apiclient.Options{Address: signIn.Address, Token: signIn.Token}); err != nil {
		b.Fatal(err)
	}
	bundle := localtest.Bundle(b, localtest.File{Name: "app", Content: localtest.Program(b), Mode: 0o755})
	artifact, err := p.client.PutArtifact(b.Context(), p.project, bytes.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		b.Fatal(err)
	}
	p.artifact = artifact.Digest
	return p
}

// deploy takes a workload to dev and returns its run when that has succeeded,
// as soon as a client that follows the run's log can know.
func (p *platform) deploy(b *testing.B, name, mark string) (id string) {
	b.Helper()
	return p.deployed(b, apiclient.DeployRequest{
		Score: fmt.Sprintf(score, name, mark), Stage: "dev", Artifacts: map[string]kernel.Digest{"main": p.artifact},
	})
}

// deployed deploys as the request says, and returns the run when it has succeeded.
func (p *platform) deployed(b *testing.B, request apiclient.DeployRequest) (id string) {
	b.Helper()
	r, err := p.client.Deploy(b.Context(), p.project, request)
	if err != nil {
		b.Fatal(err)
	}
	var last apiclient.RunEvent
	err = p.client.Events(b.Context(), p.project, r.ID, true, func(e apiclient.RunEvent) error { last = e; return nil })
	if err != nil || last.Type != "run.succeeded" {
		b.Fatalf("run %s ended with %+v, %v", r.ID, last, err)
	}
	return r.ID
}

// release returns the release of a run.
func (p *platform) release(b *testing.B, id string) run.ReleaseRef {
	b.Helper()
	r, err := p.client.Run(b.Context(), p.project, id)
	if err != nil {
		b.Fatal(err)
	}
	return run.ReleaseRef{ID: r.Release.ID, Number: int(r.Release.Number), Version: r.Release.Version}
}

// root returns the root module of a run.
func (p *platform) root(b *testing.B, id string) map[string]string {
	b.Helper()
	var root struct{ Files map[string]string }
	path := "/api/v1/projects/" + p.project + "/runs/" + id + "/root"
	if _, err := p.Call(b.Context(), p.SignIn().Token, "GET", path, nil, &root); err != nil {
		b.Fatal(err)
	}
	return root.Files
}

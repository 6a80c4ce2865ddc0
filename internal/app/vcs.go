package app

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/azuredevops"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/github"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcssql"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// newRepositories makes what hosts and connects repositories. A machine without
// git has none: what needs it says so.
func newRepositories(p *platform, a *access, f *fabric, d *delivery) *vcs.Service {
	hosts := egress.Guard{Allow: p.config.Sinks(), What: "hosts of repositories"}
	git, err := gitexec.Find()
	if err != nil {
		p.log.Warn("repositories are not hosted or connected", "error", err)
		git.Path = "git"
	}
	return vcs.New(vcs.Config{
		Store: vcssql.NewStore(p.db), Tx: p.db, Authorizer: a.identity, Roles: roles{a.identity}, Users: a.identity, Journal: a.journal, Sealer: p.sealer, Secrets: f.secrets,
		Stages: knownStages{d.stages}, Runs: d.runs, Git: git, Builder: d.builder, Webhooks: a.quotas, Tenants: a.tenants,
		Hosts: map[vcs.Provider]vcs.Host{vcs.GitHub: github.Host{Guard: hosts}, vcs.AzureDevOps: azuredevops.Host{Guard: hosts}}, Dir: p.path("repositories"), Address: p.publicURL(), Node: p.config.Node, Log: p.log,
	})
}

// clusterURL is where pods reach this platform.
func (p *platform) clusterURL() string {
	if p.config.ClusterURL != "" {
		return strings.TrimRight(p.config.ClusterURL, "/")
	}
	return p.publicURL()
}

// publicURL is where others reach this platform.
func (p *platform) publicURL() string {
	if p.config.PublicURL != "" {
		return strings.TrimRight(p.config.PublicURL, "/")
	}
	return p.address()
}

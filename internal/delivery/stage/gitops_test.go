package stage_test

import (
	"errors"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestGitOpsThatWouldBeIgnoredOrFailLaterIsRefused(t *testing.T) {
	t.Parallel()
	const https = "https://git.example.com/platform/dev.git"
	for name, c := range map[string]struct {
		runtime string
		gitops  stage.GitOps
		path    string
	}{
		"nothing":                   {stage.RuntimeKubernetes, stage.GitOps{}, ""},
		"a token for https":         {stage.RuntimeKubernetes, stage.GitOps{Repository: https, TokenFile: "/t", Username: "x", Branch: "release/1.2"}, ""},
		"http on this machine":      {stage.RuntimeKubernetes, stage.GitOps{Repository: "http://127.0.0.1:3000/a.git", TokenVariable: "T"}, ""},
		"ssh":                       {stage.RuntimeKubernetes, stage.GitOps{Repository: "git@example.com:a/b.git"}, ""},
		"a stage of processes":      {stage.RuntimeProcess, stage.GitOps{Branch: "main"}, "stages.dev.gitops"},
		"two tokens":                {stage.RuntimeKubernetes, stage.GitOps{Repository: https, TokenFile: "/t", TokenVariable: "T"}, "stages.dev.gitops.tokenFile"},
		"a token for ssh":           {stage.RuntimeKubernetes, stage.GitOps{Repository: "ssh://git@example.com/a.git", TokenVariable: "T"}, "stages.dev.gitops.tokenVariable"},
		"a token for no repository": {stage.RuntimeKubernetes, stage.GitOps{TokenFile: "/t"}, "stages.dev.gitops.tokenFile"},
		"a name without a token":    {stage.RuntimeKubernetes, stage.GitOps{Repository: https, Username: "x"}, "stages.dev.gitops.username"},
		"a token in the clear":      {stage.RuntimeKubernetes, stage.GitOps{Repository: "http://git.example.com/a.git", TokenFile: "/t"}, "stages.dev.gitops.repository"},
		"a password in the address": {stage.RuntimeKubernetes, stage.GitOps{Repository: "https://a:b@git.example.com/a.git"}, "stages.dev.gitops.repository"},
		"a branch with a meaning":   {stage.RuntimeKubernetes, stage.GitOps{Branch: "main:other"}, "stages.dev.gitops.branch"},
		"a folder outside":          {stage.RuntimeKubernetes, stage.GitOps{Path: "../x"}, "stages.dev.gitops.path"},
		"no author":                 {stage.RuntimeKubernetes, stage.GitOps{Author: "nobody"}, "stages.dev.gitops.author"},
		"a mesh":                    {stage.RuntimeKubernetes, stage.GitOps{Mesh: stage.MeshLinkerd, TrustDomain: "prod.example"}, ""},
		"no mesh":                   {stage.RuntimeKubernetes, stage.GitOps{Mesh: "consul"}, "stages.dev.gitops.mesh"},
		"a domain of no mesh":       {stage.RuntimeKubernetes, stage.GitOps{TrustDomain: "prod.example"}, "stages.dev.gitops.trustDomain"},
		"no domain":                 {stage.RuntimeKubernetes, stage.GitOps{Mesh: stage.MeshIstio, TrustDomain: "spiffe://x"}, "stages.dev.gitops.trustDomain"},
		"no range":                  {stage.RuntimeKubernetes, stage.GitOps{PrivateNetworks: []string{"10/8"}}, "stages.dev.gitops.privateNetworks[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stages := stage.Default()
			stages[0].Runtime, stages[0].GitOps = c.runtime, c.gitops
			_, err := stage.NewSet(stages)
			e, ok := errors.AsType[*kernel.Error](err)
			if c.path == "" && err != nil || c.path != "" && (!ok || len(e.Problems) != 1 || e.Problems[0].Path != c.path || e.Problems[0].Fix == "") {
				t.Errorf("%v, want one problem at %q", err, c.path)
			}
		})
	}
}

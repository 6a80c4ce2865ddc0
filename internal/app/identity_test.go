package app

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
)

func TestEachPhaseSignsInAsItself(t *testing.T) {
	t.Parallel()
	azure := stage.Stage{Target: stage.TargetAzure, Identity: stage.Identity{Plan: "reader", Apply: "writer", Tenant: "t", Subscription: "s"}}
	aws := stage.Stage{Target: stage.TargetAWS, Identity: stage.Identity{Plan: "arn:plan", Apply: "arn:apply"}}
	of := func(phase, client string) map[string]string {
		return map[string]string{
			"ARM_USE_OIDC": "true", "ARM_USE_CLI": "false", "ARM_OIDC_TOKEN_FILE_PATH": runner.TokenFile, "ARM_CLIENT_ID": client,
			"ARM_TENANT_ID": "t", "ARM_SUBSCRIPTION_ID": "s", "AZURE_CLIENT_ID": client, "AZURE_TENANT_ID": "t", "AZURE_FEDERATED_TOKEN_FILE": runner.TokenFile,
		}
	}
	for name, c := range map[string]struct {
		st    stage.Stage
		phase string
		want  map[string]string
	}{
		"azure plan":  {azure, "plan", of("plan", "reader")},
		"azure apply": {azure, "apply", of("apply", "writer")},
		"aws plan":    {aws, "plan", map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": runner.TokenFile, "AWS_ROLE_ARN": "arn:plan", "AWS_ROLE_SESSION_NAME": "terrace-run_1"}},
		"aws apply":   {aws, "apply", map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": runner.TokenFile, "AWS_ROLE_ARN": "arn:apply", "AWS_ROLE_SESSION_NAME": "terrace-run_1"}},
	} {
		if diff := cmp.Diff(c.want, identityOf(run.Job{Run: "run_1", Stage: c.st}, c.phase).Variables); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if identityOf(run.Job{Stage: stage.Stage{Target: stage.TargetAzure}}, "plan") != nil {
		t.Error("a stage without has an identity")
	}
}

func TestGoogleIsToldWhereTheTokenIs(t *testing.T) {
	t.Parallel()
	st := stage.Stage{Target: stage.TargetGCP, Identity: stage.Identity{Plan: "plan@p.iam.gserviceaccount.com", Apply: "apply@p.iam.gserviceaccount.com", Provider: "projects/1/x"}}
	got := identityOf(run.Job{Stage: st}, "apply")
	var file struct {
		Type, Audience string
		URL            string `json:"service_account_impersonation_url"`
		Source         struct {
			File string `json:"file"`
		} `json:"credential_source"`
	}
	if err := json.Unmarshal([]byte(got.Credentials), &file); err != nil {
		t.Fatal(err)
	}
	if file.Type != "external_account" || file.Audience != "//iam.googleapis.com/projects/1/x" || file.Source.File != runner.TokenFile || !strings.Contains(file.URL, "/apply@p.iam.gserviceaccount.com:") {
		t.Errorf("%+v", file)
	}
	if got.Variables["GOOGLE_APPLICATION_CREDENTIALS"] != runner.CredentialsFile {
		t.Errorf("%v", got.Variables)
	}
}

func TestAnIdentityTakesThePlaceOfSecrets(t *testing.T) {
	t.Parallel()
	job := run.Job{Run: "run_1", Stack: "a/b/c/d", Stage: stage.Stage{Target: stage.TargetAzure, Identity: stage.Identity{Plan: "reader", Apply: "writer", Tenant: "t", Subscription: "s"}}}
	env := map[string]string{"ARM_CLIENT_ID": "x", "ARM_CLIENT_SECRET": "hush", "ARM_METADATA_HOSTNAME": "localhost:1", "ARM_OIDC_TOKEN": "hush", "AZURE_CONFIG_DIR": "/az", "A": "1"}
	got := runnerJob(job, "plan", env)
	if diff := cmp.Diff(map[string]string{"ARM_METADATA_HOSTNAME": "localhost:1", "A": "1"}, got.Env); diff != "" {
		t.Error(diff)
	}
	if env["ARM_CLIENT_SECRET"] == "" {
		t.Error("the variables of others are changed")
	}
}

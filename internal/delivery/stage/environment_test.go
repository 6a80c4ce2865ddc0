package stage_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
)

// TestASecretIsToldWhereItBelongs: that of Azure's sign-in has no meaning elsewhere.
func TestASecretIsToldWhereItBelongs(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		stage.TargetAzure: "set it as ARM_… in the environment of the daemon", stage.TargetLocal: "terrace secret set", stage.TargetAWS: "_FILE or _PATH",
	} {
		stages := stage.Default()
		stages[1].Target, stages[1].Runtime, stages[1].Environment = target, stage.RuntimeKubernetes, map[string]string{"ARM_CLIENT_SECRET": "x"}
		if _, err := stage.NewSet(stages); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "ARM_USE_OIDC") != (target == stage.TargetAzure) {
			t.Errorf("%s: %v, want %q", target, err, want)
		}
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"ARM_SUBSCRIPTION_ID": "", "ARM_OIDC_TOKEN_FILE_PATH": "", "ARM_CLIENT_CERTIFICATE_PATH": "", "AZURE_CONFIG_DIR": "", "TF_LOG": "", "HTTPS_PROXY": "",
		"ARM_CLIENT_SECRET": "looks like a secret", "ARM_OIDC_TOKEN": "looks like a secret", "db_password": "looks like a secret", "AWS_SECRET_ACCESS_KEY": "looks like a secret",
		"TF_HTTP_PASSWORD": "set by Terrace", "TERRACE_TOKEN": "set by Terrace", "PATH": "set by Terrace", "LD_PRELOAD": "set by Terrace",
		"A B": "cannot be the name", "1A": "cannot be the name",
	} {
		stages := stage.Default()
		stages[1].Environment = map[string]string{name: "x"}
		_, err := stage.NewSet(stages)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "stages.test.environment."+name)) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

package keyvault

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

type noTokens struct{}

func (noTokens) Issue(context.Context, kernel.Scope, string) (token, subject string, err error) {
	return "token", "acme:shop:dev:sync", nil
}

func TestWhatIsAVault(t *testing.T) {
	t.Parallel()
	v := New(Config{Tokens: noTokens{}})
	for address, want := range map[string]string{
		"https://contoso-dev.vault.azure.net":         "https://contoso-dev.vault.azure.net",
		"https://Contoso-Dev.vault.azure.net/":        "https://contoso-dev.vault.azure.net",
		"https://contoso.vault.usgovcloudapi.net":     "https://contoso.vault.usgovcloudapi.net",
		"https://contoso.vault.azure.cn":              "https://contoso.vault.azure.cn",
		"https://contoso.vault.azuresim.localhost":    "", // there is no simulation
		"https://contoso.vault.azure.net:443":         "",
		"http://contoso.vault.azure.net":              "",
		"https://contoso.vault.azure.net/secrets/x":   "",
		"https://contoso.vault.azure.net.example.com": "",
		"https://contoso.managedhsm.azure.net":        "",
		"https://a.b.vault.azure.net":                 "",
		"https://127.0.0.1":                           "",
		"https://user:secret@contoso.vault.azure.net": "",
	} {
		got, err := v.Check(t.Context(), address)
		if got != want || (want == "") != kernel.Is(err, kernel.Invalid) {
			t.Errorf("%s is %q, %v", address, got, err)
		}
	}
}

// TestAVaultThatLeadsInsideIsNotCalled: Azure's names lead wherever who owns them says.
func TestAVaultThatLeadsInsideIsNotCalled(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it is called") }))
	defer server.Close()
	client := guarded(egress.Guard{})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err == nil {
		_ = response.Body.Close()
	}
	failed := (&vault{host: "https://contoso.vault.azure.net"}).failure(t.Context(), err)
	o, ok := errors.AsType[*vaultsync.Outage](failed)
	if !ok || !strings.Contains(o.Err.Fix, "sinkNetworks") {
		t.Errorf("%v", failed)
	}
}

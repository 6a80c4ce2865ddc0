package keyvault

import (
	"context"
	"errors"
	"io"
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

// TestACloudThatDoesNotAnswerHoldsNobodyUp: who gives up waits for no other's question.
func TestACloudThatDoesNotAnswerHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	asked, answer := make(chan struct{}), make(chan struct{})
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(asked) // a second question panics
		<-answer
		_, _ = io.WriteString(w, `{"authentication": {"loginEndpoint": "https://login.own"}, "suffixes": {"keyVaultDns": "vault.own"}}`)
	}))
	defer server.Close()
	transport, _ := server.Client().Transport.(*http.Transport)
	v := New(Config{Tokens: noTokens{}, Transport: transport, Environment: map[string]string{"ARM_METADATA_HOSTNAME": server.Listener.Addr().String()}})
	const own = "https://contoso.vault.own"
	found := make(chan error, 1)
	go func() {
		_, err := v.Check(t.Context(), own)
		found <- err
	}()
	<-asked
	hurried, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := v.Check(hurried, own); !errors.Is(err, context.Canceled) {
		t.Errorf("who gave up: %v", err)
	}
	close(answer)
	if err := <-found; err != nil {
		t.Error(err)
	}
	if got, err := v.Check(t.Context(), own); err != nil || got != own {
		t.Errorf("%q, %v", got, err)
	}
}

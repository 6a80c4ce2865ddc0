package keyvault

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

const (
	// timeout bounds one call.
	timeout = 15 * time.Second
	// maxMetadata bounds what a cloud says of itself, in bytes.
	maxMetadata = 1 << 20
)

// cloud is one of those that have vaults.
type cloud struct {
	// suffix is what the names of its vaults end with.
	suffix string
	// login is where one signs in, and audience whom Terrace's tokens are for there.
	login, audience string
	// own says that this installation has named it: nobody on the internet knows it.
	own    bool
	client *http.Client
}

// clouds are those of Microsoft.
func clouds(client *http.Client) []cloud {
	return []cloud{
		{suffix: "vault.azure.net", login: "https://login.microsoftonline.com", audience: "api://AzureADTokenExchange", client: client},
		{suffix: "vault.usgovcloudapi.net", login: "https://login.microsoftonline.us", audience: "api://AzureADTokenExchangeUSGov", client: client},
		{suffix: "vault.azure.cn", login: "https://login.chinacloudapi.cn", audience: "api://AzureADTokenExchangeChina", client: client},
	}
}

// guarded is the client for vaults that people name.
func guarded(g egress.Guard) *http.Client {
	g.What = "key vaults"
	return bounded(&http.Transport{ // no proxy: the guard sees the address that is dialled
		DialContext: g.Dialer(false).DialContext, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
		MaxIdleConnsPerHost: 2, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: egress.DialTimeout,
	})
}

func bounded(transport *http.Transport) *http.Client {
	return &http.Client{
		Transport: transport, Timeout: timeout,
		// A redirect would go where nobody has allowed it, with what authorises.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// describe asks the cloud that this installation names where its parts are.
func describe(ctx context.Context, host string, client *http.Client) (cloud, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+"/metadata/endpoints?api-version=2022-09-01", nil)
	if err != nil {
		return cloud{}, kernel.Errorf(kernel.Invalid, "ARM_METADATA_HOSTNAME names no host")
	}
	res, err := client.Do(req)
	if err != nil {
		return cloud{}, kernel.Errorf(kernel.Unavailable, "the cloud at %s cannot be reached", host)
	}
	defer func() { _ = res.Body.Close() }() // read only
	var told struct {
		Authentication struct {
			LoginEndpoint string `json:"loginEndpoint"`
		} `json:"authentication"`
		Suffixes struct {
			KeyVault string `json:"keyVaultDns"`
		} `json:"suffixes"`
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxMetadata)).Decode(&told); err != nil || told.Suffixes.KeyVault == "" || told.Authentication.LoginEndpoint == "" {
		return cloud{}, kernel.Errorf(kernel.Unavailable, "what %s says about its cloud cannot be read", host)
	}
	return cloud{
		suffix: strings.ToLower(strings.Trim(told.Suffixes.KeyVault, ".")), login: strings.TrimRight(told.Authentication.LoginEndpoint, "/"),
		audience: "api://AzureADTokenExchange", own: true, client: client,
	}, nil
}

// metadataHost is the host of the cloud that variables name, "" for none.
func metadataHost(env map[string]string) string {
	return cmp.Or(env["ARM_METADATA_HOSTNAME"], env["ARM_METADATA_HOST"])
}

// vaultName are the names that vaults may have.
var vaultName = regexp.MustCompile(`^[a-z][a-z0-9-]{1,22}[a-z0-9]$`)

// locate finds the cloud that a vault is in by its address, which is nothing but a name there.
func locate(address string, all []cloud) (cloud, string, error) {
	no := func(fix string) error {
		return kernel.Errorf(kernel.Invalid, "this is no address of a key vault").WithProblems(kernel.Problem{
			Path: "vault", Message: "the address of a vault is https://NAME." + all[0].suffix, Fix: fix,
		})
	}
	at, err := url.Parse(strings.TrimSpace(address))
	switch {
	case err != nil || at.Scheme != "https" || at.Opaque != "":
		return cloud{}, "", no("begin with https://")
	case at.User != nil || at.Port() != "" || strings.Trim(at.Path, "/") != "" || at.RawQuery != "" || at.Fragment != "":
		return cloud{}, "", no("leave out what is beside the name: user, port, path and query")
	}
	host := strings.ToLower(at.Hostname())
	for _, c := range all {
		if name, ok := strings.CutSuffix(host, "."+c.suffix); ok && vaultName.MatchString(name) {
			return c, "https://" + host, nil
		}
	}
	return cloud{}, "", no("give the vault's own name, as `az keyvault show --query properties.vaultUri` prints it")
}

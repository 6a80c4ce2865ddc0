package azurelog

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// connection is a way to one cloud, signed in as runs are.
type connection struct {
	http       *http.Client
	credential azcore.TokenCredential
	// manager is the address of Resource Manager, audience what its tokens are for.
	manager, audience string
}

// connect finds the cloud and the credentials in the variables of a run.
func connect(ctx context.Context, env map[string]string) (*connection, error) {
	client, err := httpClient(env)
	if err != nil {
		return nil, err
	}
	c := &connection{http: client, manager: "https://management.azure.com", audience: "https://management.azure.com"}
	options := azcore.ClientOptions{Cloud: cloud.AzurePublic, Transport: client}
	host := cmp.Or(env["ARM_METADATA_HOSTNAME"], env["ARM_METADATA_HOST"])
	if host != "" {
		login, err := c.describe(ctx, host)
		if err != nil {
			return nil, err
		}
		options.Cloud = cloud.Configuration{ActiveDirectoryAuthorityHost: login}
	}
	if c.credential, err = credential(env, options, host != ""); err != nil {
		return nil, kernel.Errorf(kernel.Unavailable, "the daemon has nothing to sign in to Azure with: %w", err).
			WithFix("give it the ARM_* variables with which runs sign in")
	}
	return c, nil
}

// describe asks a cloud that is not the public one where its parts are.
func (c *connection) describe(ctx context.Context, host string) (login string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+"/metadata/endpoints?api-version=2022-09-01", nil)
	if err != nil {
		return "", err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return "", kernel.Errorf(kernel.Unavailable, "the cloud at %s cannot be reached: %w", host, err)
	}
	defer func() { _ = res.Body.Close() }()
	var told struct {
		ResourceManager string `json:"resourceManager"`
		Authentication  struct {
			LoginEndpoint string   `json:"loginEndpoint"`
			Audiences     []string `json:"audiences"`
		} `json:"authentication"`
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(&told); err != nil || told.ResourceManager == "" || len(told.Authentication.Audiences) == 0 {
		return "", kernel.Errorf(kernel.Unavailable, "what %s says about its cloud cannot be read", host)
	}
	c.manager, c.audience = strings.TrimRight(told.ResourceManager, "/"), strings.TrimRight(told.Authentication.Audiences[0], "/")
	return told.Authentication.LoginEndpoint, nil
}

// httpClient goes the way that a run goes: by its proxy and its roots of trust.
func httpClient(env map[string]string) (*http.Client, error) {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	if proxy := env["HTTPS_PROXY"]; proxy != "" {
		at, err := url.Parse(proxy)
		if err != nil {
			return nil, kernel.Errorf(kernel.Invalid, "the HTTPS_PROXY of the stage is no address: %w", err)
		}
		transport.Proxy = func(r *http.Request) (*url.URL, error) {
			if direct(r.URL.Hostname(), env["NO_PROXY"]) {
				return nil, nil //nolint:nilnil // no proxy
			}
			return at, nil
		}
	}
	if file := env["SSL_CERT_FILE"]; file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, kernel.Errorf(kernel.Unavailable, "the SSL_CERT_FILE of the stage cannot be read: %w", err)
		}
		transport.TLSClientConfig.RootCAs = x509.NewCertPool()
		transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem)
	}
	return &http.Client{Transport: transport, Timeout: timeout}, nil
}

// direct reports whether a host is one of those that no proxy is for.
func direct(host, list string) bool {
	for one := range strings.SplitSeq(list, ",") {
		one = strings.TrimPrefix(strings.TrimSpace(one), "*")
		if one != "" && (host == one || strings.HasPrefix(one, ".") && strings.HasSuffix(host, one)) {
			return true
		}
	}
	return false
}

// credential signs in with what the provider azurerm would sign in with, in its
// order of preference.
func credential(env map[string]string, o azcore.ClientOptions, private bool) (azcore.TokenCredential, error) {
	tenant, id := env["ARM_TENANT_ID"], env["ARM_CLIENT_ID"]
	secret, err := fromFile(env, "ARM_CLIENT_SECRET", "ARM_CLIENT_SECRET_FILE_PATH")
	switch {
	case err != nil:
		return nil, err
	case secret != "":
		return azidentity.NewClientSecretCredential(tenant, id, secret, &azidentity.ClientSecretCredentialOptions{ClientOptions: o, DisableInstanceDiscovery: private})
	case env["ARM_CLIENT_CERTIFICATE_PATH"] != "":
		return certificate(env, o, private)
	case env["ARM_OIDC_TOKEN"] != "" || env["ARM_OIDC_TOKEN_FILE_PATH"] != "":
		assertion := func(context.Context) (string, error) {
			return fromFile(env, "ARM_OIDC_TOKEN", "ARM_OIDC_TOKEN_FILE_PATH")
		}
		return azidentity.NewClientAssertionCredential(tenant, id, assertion, &azidentity.ClientAssertionCredentialOptions{ClientOptions: o, DisableInstanceDiscovery: private})
	case env["ARM_USE_AKS_WORKLOAD_IDENTITY"] == "true":
		return azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
			ClientOptions: o, DisableInstanceDiscovery: private, TokenFilePath: env["AZURE_FEDERATED_TOKEN_FILE"],
			ClientID: cmp.Or(id, env["AZURE_CLIENT_ID"]), TenantID: cmp.Or(tenant, env["AZURE_TENANT_ID"]),
		})
	case env["ARM_USE_MSI"] == "true":
		managed := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: o}
		if id != "" {
			managed.ID = azidentity.ClientID(id)
		}
		return azidentity.NewManagedIdentityCredential(managed)
	default:
		return azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: tenant})
	}
}

func certificate(env map[string]string, o azcore.ClientOptions, private bool) (azcore.TokenCredential, error) {
	raw, err := os.ReadFile(env["ARM_CLIENT_CERTIFICATE_PATH"])
	if err != nil {
		return nil, err
	}
	certs, key, err := azidentity.ParseCertificates(raw, []byte(env["ARM_CLIENT_CERTIFICATE_PASSWORD"]))
	if err != nil {
		return nil, err
	}
	return azidentity.NewClientCertificateCredential(env["ARM_TENANT_ID"], env["ARM_CLIENT_ID"], certs, key,
		&azidentity.ClientCertificateCredentialOptions{ClientOptions: o, DisableInstanceDiscovery: private})
}

// fromFile is the value of a variable, else what the file has that another names.
func fromFile(env map[string]string, variable, file string) (string, error) {
	if env[variable] != "" || env[file] == "" {
		return env[variable], nil
	}
	raw, err := os.ReadFile(env[file])
	return strings.TrimSpace(string(raw)), err
}

package leakscan_test

import (
	"context"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

// joined keeps the planted values from standing in this file as they are.
func joined(parts ...string) string { return strings.Join(parts, "") }

func scan(t *testing.T, s *leakscan.Scanner, text string, from leakscan.Source) leakscan.Result {
	t.Helper()
	got, err := s.Scan(t.Context(), text, from)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func planted() map[string]string {
	return map[string]string{
		"aws-access-token":                joined("aws: AK", "IAQ3EGXK5HN7TLWPZC\n"),
		"github-pat":                      joined("git clone https://x:gh", "p_4fPs2mWqLxN8vKc1Zt7RbYh3JdGuA6Qe0XoT@github.com\n"),
		"github-fine-grained-pat":         joined("token: github", "_pat_11ABCDEFG0aZ3kXn5QpL7W_mV2bT9rJ4cYs8HdKfEwGuNi6BoPxMlRtZa1QvSyDjUhCkFg3IeO5W7xY2Lm"),
		"gitlab-pat":                      joined("GITLAB=gl", "pat-x7Kf29LmQpR4tVwZ81Nc"),
		"slack-bot-token":                 joined(`{"slack":"xo`, `xb-2847563910284-5938271640392-Qm7Zt4KxV1bNc9WpLr3HsYdG"}`),
		"stripe-access-token":             joined("STRIPE=sk_", "live_9fKx2LmQ7pRt4VwZ81Nc5BhJ"),
		"private-key":                     joined("-----BEGIN RSA PRIV", "ATE KEY-----\nMIIEpAIBAAKCAQEA7f2xQmLp9vK4tRzW81NcBhJdGuA6Qe0XoT3yShUa\nKf29LmQpR4tVwZ81NcMIIEpAIBAAKCAQEA7f2xQmLp9vK4tRz\n-----END RSA PRIVATE KEY-----\n"),
		"jwt":                             joined("Authorization: Bearer ey", "JhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.ey", "JzdWIiOiI5MzgyNzQ2NTEwIiwibmFtZSI6Ik1vIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"),
		"azure-ad-client-secret":          joined("ARM_CLIENT_SECRET=", "Xk78Q~", "vTz2LmQ9pRt4VwZ81Nc5BhJd0fGsA6eYu3"),
		"gcp-api-key":                     joined("maps: AI", "zaSyB7f2xQmLp9vK4tRzW81NcBhJdGuA6Qe0X"),
		"npm-access-token":                joined("//registry/:_authToken=np", "m_q7f2xmlp9vk4trzw81ncbhjdgua6qe0xots3"),
		"sendgrid-api-token":              joined("SG", ".q7F2xMlP9vK4tRzW81NcBh.JdGuA6Qe0XoT3yShUaKf29LmQpR4tVwZ81NcMIIEpAI"),
		"hashicorp-tf-api-token":          joined("credentials { token = \"q7F2xMlP9vK4tR.atl", "asv1.JdGuA6Qe0XoT3yShUaKf29LmQpR4tVwZ81NcMIIEpAIBAAKCAQEA7f2xQmLp9vK4tRz\" }"),
		"generic-api-key":                 joined("billing_api_key = \"", "q7F2xMlP9vK4tRzW81NcBhJdGuA6\"\n"),
		"digitalocean-access-token":       joined("do: doo", "_v1_3f9c1d7e5b2a8046c9f1e3d5b7a90824c6e8f0a2b4d6e8f01a3c5e7092b4d6f8"),
		"vault-service-token":             joined("VAULT=hvs", ".CAESIJx7Kf29LmQpR4tVwZ81NcBhJdGuA6Qe0XoT3yShUaGh4KHGh2cy5QmLp9vK4tRzW81NcBhJdGuA6Qe0XoT3yShUaKf29Lm"),
		"databricks-api-token":            joined("DB=dap", "i3f9c1d7e5b2a8046c9f1e3d5b7a90824"),
		"pypi-upload-token":               joined("password = pyp", "i-AgEIcHlwaS5vcmcCJDdmMnhRbUxwOXZLNHRSelc4MU5jQmhKZEd1QTZRZTBYb1QzeVNoVWFLZjI5TG1RcFI0dFZ3WjgxTmM"),
		"curl-auth-user":                  joined("curl -u admin:", "q7F2xMlP9vK4tRzW https://example.com/x\n"),
		"kubernetes-secret-yaml":          joined("apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\ndata:\n  password: ", "cTdGMnhNbFA5dks0dFJ6VzgxTmNCaEo=\n"),
		"anthropic-api-key":               joined("sk-ant", "-api03-", strings.Repeat("q7F2xMlP9v", 9), "abcAA\n"),
		"linear-api-key":                  joined("lin_", "api_q7F2xMlP9vK4tRzW81NcBhJdGuA6Qe0XoT3yShUa"),
		"telegram-bot-api-token":          joined("telegram_token = 728194", "6301:AAq7F2xMlP9vK4tRzW81NcBhJdGuA6Qe0Xo\n"),
		"1password-service-account-token": joined("ops_ey", "J", strings.Repeat("q7F2xMlP9vK4tRzW81NcBhJdGuA6Qe0XoT3yShUaKf2", 7)),
	}
}

func TestPlantedValuesAreFound(t *testing.T) {
	t.Parallel()
	s := leakscan.New()
	for rule, text := range planted() {
		before := "first line\nsecond: line, with ümlaut\n"
		got := scan(t, s, before+text+"\nlast line\n", leakscan.Source{Name: "deploy/config.yaml", Key: []byte("k")})
		if len(got.Matches) == 0 || got.Matches[0].Rule != rule {
			t.Errorf("%s: found %+v", rule, got.Matches)
			continue
		}
		m := got.Matches[0]
		if m.Line < 3 || m.Column < 1 || m.Fingerprint == "" || len([]rune(m.Redacted)) > 5 {
			t.Errorf("%s: %+v", rule, m)
		}
	}
}

func TestAPlaceIsExact(t *testing.T) {
	t.Parallel()
	key := joined("AK", "IAQ3EGXK5HN7TLWPZC")
	for name, c := range map[string]struct {
		text         string
		from         leakscan.Source
		line, column int
	}{
		"on the first line":        {"k=" + key, leakscan.Source{}, 1, 3},
		"on the last":              {"a\nbb\n  k: " + key, leakscan.Source{}, 3, 6},
		"of a text within another": {"k=" + key, leakscan.Source{Line: 7, Column: 11}, 7, 13},
		"its next line":            {"x\nk=" + key, leakscan.Source{Line: 7, Column: 11}, 8, 3},
	} {
		got := scan(t, leakscan.New(), c.text, c.from).Matches
		if len(got) != 1 || got[0].Line != c.line || got[0].Column != c.column || got[0].EndColumn != c.column+20 || got[0].Redacted != "AKIA…" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestInnocentTexts(t *testing.T) {
	t.Parallel()
	s := leakscan.New()
	for name, text := range map[string]string{
		"an id":                     "api_client_key: 7f2d6c1e-9b34-4c8a-a1f5-3e8d2b7c9a60\nsubscription_id = \"7f2d6c1e-9b34-4c8a-a1f5-3e8d2b7c9a60\"\n",
		"an id of Terrace":          `{"key":"dk_01K9XN5T2M8QW4VZ7RHGB3CDEF","token":"tok_01K9XN5T2M8QW4VZ7RHGB3CDEF"}`,
		"a digest":                  "api-key-image: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\nauth: sha512-MJ7MSJwS1utMxA9QyQLytNDtd+5RGnx6m808qG1M2G+YndNbxf9JlnDaNCVbRbDP2DDoH2Bdz33FVC6TrpzXbw==\n",
		"a lock file of terraform":  "provider \"registry.terraform.io/hashicorp/azurerm\" {\n  version = \"4.12.0\"\n  hashes = [\n    \"h1:BV0S5FVsKAOVMBnd3lVUG7gxYDQCw3VEiGkUZ0RiLYg=\",\n    \"zh:0ef2b9a6f4d1c27c3f6b3e6bf1c4d7e5a6c8f9b0d1e2f3a4b5c6d7e8f9a0b1c2\",\n  ]\n}\n",
		"a module's sums":           "github.com/spf13/cobra v1.9.1 h1:CXSaggrXdbHK9CF+8ywj8Amf7PBRmPCOJugH954Nnlo=\n",
		"placeholders":              "password: changeme\napi_key = \"your-api-key-here\"\nTOKEN=<token>\nsecret: xxxxxxxxxxxxxxxx\nAPI_KEY=${API_KEY}\nclient_secret = var.client_secret\n",
		"what was masked":           "api_key=[secret]\ntoken: [secret]\npassword = (sensitive value)\n",
		"references":                "API_KEY: ${secret:orders-api-key}\nDB_PASSWORD: ${secret:db/credentials#password@3}\nTOKEN: ${resources.queue.outputs.access_token_primary_7f2K}\nURL: mysql://${resources.db.user}:${resources.db.password}@db/orders\n",
		"a plan":                    "  # azurerm_key_vault_secret.orders will be created\n  + resource \"azurerm_key_vault_secret\" \"orders\" {\n      + id             = (known after apply)\n      + key_vault_id   = \"/subscriptions/7f2d6c1e-9b34-4c8a-a1f5-3e8d2b7c9a60/resourceGroups/rg-shop/providers/Microsoft.KeyVault/vaults/kv-shop\"\n      + value          = (sensitive value)\n      + name = \"orders-api-key\"\n    }\nPlan: 1 to add, 0 to change, 0 to destroy.\n",
		"code":                      "func (s *Service) TokenKeyFor(ctx context.Context, accessTokenKeyring string) error {\n\tkey := s.keyring.PrimaryKeyID()\n\treturn s.authenticationTokenCache.Refresh(ctx, key)\n}\n",
		"what is allowed in place":  joined("aws: AK", "IAQ3EGXK5HN7TLWPZC # gitleaks:allow\n"),
		"an example of the maker":   joined("AK", "IAIOSFODNN7EXAMPLE"),
		"a long line of everything": strings.Repeat(`{"keyboard":"qwertz","tokens":["a","b"],"secretary":1},`, 4000),
	} {
		if got := scan(t, s, text, leakscan.Source{Name: "app/config.txt"}); len(got.Matches) > 0 {
			t.Errorf("%s: %+v", name, got.Matches)
		}
	}
}

// TestOtherPeoplesExamples: Score files of others have no keys in them.
func TestOtherPeoplesExamples(t *testing.T) {
	t.Parallel()
	root := "../../../../shared/corpora/score"
	if _, err := os.Stat(root); err != nil {
		t.Skip("the corpus of Score files is not on this machine")
	}
	s, files := leakscan.New(), 0
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range scan(t, s, string(raw), leakscan.Source{Name: path}).Matches {
			t.Errorf("%s:%d:%d %s %s", path, m.Line, m.Column, m.Rule, m.Redacted)
		}
		return nil
	})
	if err != nil || files == 0 {
		t.Error(files, err)
	}
}

func TestOwnValuesAreKnownInTheirForms(t *testing.T) {
	t.Parallel()
	raw := make([]byte, leakscan.KeySize)
	raw[3] = 7
	key, ok := leakscan.NewKey(raw)
	if !ok {
		t.Fatal("no key")
	}
	const value = `correct "horse" & battery`
	var all []leakscan.Owned
	for _, e := range key.Entries(value) {
		all = append(all, leakscan.Owned{Entry: e, Of: "shop/dev/db@3"})
	}
	index := leakscan.NewIndex(key).With(nil, all)
	for name, text := range map[string]string{
		"as it is":                   "the value is " + value + ".",
		"in base64 after one byte":   base64.StdEncoding.EncodeToString([]byte("x" + value + " and more")),
		"in base64 after five bytes": "data: " + base64.URLEncoding.EncodeToString([]byte("user:"+value)),
		"in JSON":                    `{"a":"correct \"horse\" & battery"}`,
		"in hex":                     "0x636f72726563742022686f727365222026206261747465727900",
		"in an address":              "https://x/?q=correct+%22horse%22+%26+battery",
	} {
		got := scan(t, leakscan.New(), "line\n"+text, leakscan.Source{Own: index}).Matches
		if len(got) != 1 || got[0].Own != "shop/dev/db@3" || got[0].Line != 2 || got[0].Redacted != "[secret]" || got[0].Rule != leakscan.OwnRule().ID {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for _, text := range []string{`correct "horse" & batterx`, `correct "`, ""} {
		if got := scan(t, leakscan.New(), text, leakscan.Source{Own: index}).Matches; len(got) > 0 {
			t.Errorf("%q: %+v", text, got)
		}
	}
	for _, common := range []string{"short", "postgres", "localhost:5432", "2024-11-05", "aaaaaaaaaaaaaaaaaaaaaa"} {
		if common != "localhost:5432" && len(key.Entries(common)) > 0 {
			t.Errorf("%q is anywhere", common)
		}
	}
}

// TestALongLineIsBounded: 100 MB without a line break.
func TestALongLineIsBounded(t *testing.T) {
	t.Parallel()
	planted := joined("AK", "IAQ3EGXK5HN7TLWPZC")
	text := planted + " " + strings.Repeat("k", 100<<20) + planted
	got := scan(t, leakscan.New(), text, leakscan.Source{})
	if len(got.Matches) != 1 || got.Bytes != leakscan.Most || got.Incomplete == "" {
		t.Errorf("%d matches, %d bytes, %q", len(got.Matches), got.Bytes, got.Incomplete)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := leakscan.New().Scan(ctx, strings.Repeat("token key secret ", 1<<20), leakscan.Source{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

package manifest_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/kubernetes/manifest"
	"github.com/terrace-idp/terrace/internal/target/kubernetes/schema"
)

func place() manifest.Place {
	return manifest.Place{
		Tenant: "acme", Project: "shop", Stage: "prod", Workload: "orders",
		Gateway:         manifest.Gateway{Name: "public", Namespace: "gateways", Section: "https", Sources: []string{"10.1.0.0/24"}},
		PrivateNetworks: []string{"10.0.0.0/8"},
	}
}

func decode(t *testing.T, text string) manifest.Spec {
	t.Helper()
	raw, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	s, err := manifest.Decode(json.RawMessage(raw))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// rendered returns all objects as one text; each fits its schema.
func rendered(t *testing.T, s manifest.Spec) string {
	t.Helper()
	objects, err := manifest.Render(place(), s)
	if err != nil {
		t.Fatal(err)
	}
	set := schema.New()
	var b strings.Builder
	for _, o := range objects {
		problems, err := set.Check(o.Value)
		if err != nil || len(problems) > 0 {
			t.Errorf("%s: %v %v", o.File, err, problems)
		}
		b.WriteString("# " + o.File + "\n" + string(o.Content) + "---\n")
	}
	return b.String()
}

// TestGolden renders each declaration of testdata; UPDATE=1 writes what comes out.
func TestGolden(t *testing.T) {
	t.Parallel()
	inputs, err := filepath.Glob("testdata/*.in.yaml")
	if err != nil || len(inputs) == 0 {
		t.Fatal("there are no declarations", err)
	}
	for _, input := range inputs {
		t.Run(filepath.Base(input), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(input)
			if err != nil {
				t.Fatal(err)
			}
			got, golden := rendered(t, decode(t, string(text))), strings.Replace(input, ".in.yaml", ".golden.yaml", 1)
			if again := rendered(t, decode(t, string(text))); again != got {
				t.Error("the same declaration renders other bytes")
			}
			if os.Getenv("UPDATE") != "" {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestWhatCannotRunIsRefusedAtItsPlace(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ spec, path, message string }{
		"two ways to probe": {
			"containers: {main: {image: a, liveness: {http: {port: 80}, exec: [a]}}}", "containers.main.livenessProbe", "either httpGet or exec",
		},
		"a secret within a file": {
			"containers: {main: {image: a, files: {/a: {content: 'x=${secret:s}'}}}}", "containers.main.files./a.content", "joins secrets",
		},
		"a file without a root": {
			"containers: {main: {image: a, files: {a: {content: x}}}}", "containers.main.files.a", "not absolute",
		},
		"a route to no port": {
			"containers: {main: {image: a}}\nroutes: {web: {url: 'https://a.example.com/', port: web}}", "resources.web.params.port", `no port "web"`,
		},
		"a route without a host": {
			"containers: {main: {image: a}}\nports: {web: {port: 80}}\nroutes: {web: {url: /a}}", "resources.web", "has no host",
		},
		"a circle": {
			"containers: {a: {image: a, before: {b: started}}, b: {image: b, before: {a: started}}}", "containers", "a → b → a",
		},
		"many pods and one volume": {
			"containers: {main: {image: a, volumes: {/data: {claim: data}}}}\nclaims: {data: {size: 1Gi}}\nscaling: {max: 3}",
			"metadata.annotations.terrace.dev/max-replicas", "one pod at a time",
		},
		"a capability that is not allowed": {
			"containers: {main: {image: a}}\nsecurity: {capabilities: [SYS_ADMIN]}", "metadata.annotations.terrace.dev/capabilities", "SYS_ADMIN",
		},
		"a call that leads out of the folder": {
			"containers: {main: {image: a}}\ncalls: [a/../../../other/orders/deployment]", "calls", "cannot be the name of a workload",
		},
		"a route that leads out of the folder": {
			"containers: {main: {image: a}}\nports: {web: {port: 80}}\nroutes: {../x: {url: 'https://a.example.com/'}}", "resources.../x", "cannot be a name",
		},
		"a claim that is no name": {
			"containers: {main: {image: a}}\nclaims: {A/b: {size: 1Gi}}", "resources.A/b", "cannot be a name",
		},
		"a container that is no name": {"containers: {a_b: {image: a}}", "containers.a_b", "cannot be a name"},
		"an unclosed reference": {
			"containers: {main: {image: a, variables: {A: '${secret:x'}}}", "containers.main.variables.A", "not closed",
		},
		"a version of a secret": {
			"containers: {main: {image: a, variables: {A: '${secret:x@1}'}}}", "containers.main.variables.A", "versions of its own",
		},
		"a secret that no vault has a name for": {
			"containers: {main: {image: a, variables: {A: '${secret:" + strings.Repeat("x", 128) + "}'}}}", "containers.main.variables.A", "128 characters",
		},
		"two secrets that a vault takes for one": {
			"containers: {main: {image: a, variables: {A: '${secret:x}', B: '${secret:X}'}}}\nvault: {name: v, tenant_id: t}", "containers", "the same in a key vault",
		},
		"too much to mount": {
			"containers: {main: {image: a, files: {/a: {content: '" + strings.Repeat("x", 1<<20) + "x'}}}}", "containers", "a ConfigMap holds",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := manifest.Render(place(), decode(t, "release: rel_1\n"+c.spec))
			e, ok := errors.AsType[*kernel.Error](err)
			if !ok || e.Kind != kernel.Invalid {
				t.Fatalf("error %v", err)
			}
			for _, p := range e.Problems {
				if p.Path == c.path && strings.Contains(p.Message, c.message) && p.Fix != "" {
					return
				}
			}
			t.Errorf("problems %v, want %q at %s", e.Problems, c.message, c.path)
		})
	}
}

func TestAChangeOfAFileRollsThePods(t *testing.T) {
	t.Parallel()
	spec := "release: rel_1\ncontainers: {main: {image: a, files: {/etc/a: {content: %}}}}"
	before := rendered(t, decode(t, strings.Replace(spec, "%", "one", 1)))
	after := rendered(t, decode(t, strings.Replace(spec, "%", "two", 1)))
	if digestOf(before) == "" || digestOf(before) == digestOf(after) {
		t.Errorf("the pods keep %s", digestOf(before))
	}
}

func digestOf(text string) string {
	_, rest, _ := strings.Cut(text, "terrace.dev/config-digest: ")
	line, _, _ := strings.Cut(rest, "\n")
	return line
}

// TestSecretsHaveNamesThatNoOtherHas refers to secrets whose names Kubernetes and a key
// vault would not take as they are.
func TestSecretsHaveNamesThatNoOtherHas(t *testing.T) {
	t.Parallel()
	got := rendered(t, decode(t, `release: rel_1
vault: {name: v, tenant_id: t}
containers:
  main:
    image: registry.example.com/a:1
    variables: {USER: '${secret:db/credentials#user}', ONE: 'x${secret:a-b}', TWO: 'x${secret:a_b}', THREE: 'x${secret:a--b}'}
    files: {/key: {content: '${secret:tls.key}'}}
`))
	for _, want := range []string{"key: db--2fcredentials--23user\n", "objectName: db--2fcredentials--23user\n", "key: tls--2ekey\n", "x$(TERRACE_SECRET_A_B)\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	variables := map[string]bool{}
	for line := range strings.Lines(got) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "- name: TERRACE_SECRET_"); ok {
			variables[name] = true
		}
	}
	if len(variables) != 3 {
		t.Errorf("three secrets have the variables %v", variables)
	}
}

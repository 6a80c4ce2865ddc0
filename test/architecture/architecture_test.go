// Package architecture holds the shape of the house: which floor may import
// which, and which room may know which other room, each with its reason.
package architecture

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/terrace-idp/terrace/"

// edges are the rooms that may import another room. Everything else meets
// through interfaces that the consumer declares, ids and events.
func edges() map[string]string {
	return map[string]string{
		"delivery/build -> delivery/bundle":          "what is built on the server is built by the client's own code",
		"delivery/source -> delivery/build":          "the folders of a source that are images are built",
		"delivery/source -> delivery/bundle":         "which images are folders is said there",
		"delivery/vcs -> delivery/bundle":            "which images are folders is said there",
		"delivery/source -> delivery/vcs":            "a source is a repository, and is told of pushes",
		"delivery/source -> delivery/stage":          "a source has stages",
		"delivery/source -> delivery/module":         "a source has definitions",
		"delivery/source -> delivery/graph":          "a definition's file is read before it is applied",
		"delivery/source -> delivery/run":            "a source's workloads are deployed and destroyed by runs",
		"delivery/source -> fabric/gateway":          "a source has routes and policies of the gateway",
		"delivery/source -> fabric/mesh":             "a source has documents of the mesh",
		"delivery/source -> fabric/ownership":        "what a source keeps is its own, for the gateway and for the mesh",
		"delivery/source -> delivery/workload":       "a Score file of a commit becomes a workload",
		"delivery/graph -> delivery/workload":        "a graph is resolved from a workload",
		"delivery/render -> delivery/graph":          "a root module is rendered from a graph",
		"delivery/render -> delivery/workload":       "containers become the service module's arguments",
		"delivery/module -> delivery/graph":          "the registry keeps definitions and resolves their modules",
		"delivery/release -> delivery/graph":         "a release pins definitions and modules",
		"delivery/release -> delivery/stage":         "a release is resolved for every stage",
		"delivery/release -> delivery/workload":      "a release holds a workload",
		"delivery/impact -> delivery/graph":          "a blast radius compares graphs",
		"delivery/impact -> delivery/module":         "what is offered is read as the registry would",
		"delivery/impact -> delivery/release":        "what a change touches is what the next release of each deployment would be",
		"delivery/impact -> delivery/stage":          "a blast radius is told by stages",
		"delivery/impact -> delivery/workload":       "a graph comes with its workload",
		"delivery/run -> delivery/graph":             "a dossier shows the graph and its changes",
		"delivery/run -> delivery/release":           "a run carries a release to a stage",
		"delivery/run -> delivery/stage":             "a stage's rules decide on a run",
		"delivery/run -> delivery/workload":          "a dossier shows the workload's changes",
		"delivery/vcs -> delivery/run":               "a pull request is planned, and its merge applied, by runs",
		"delivery/vcs -> delivery/workload":          "a Score file of a commit becomes a workload",
		"delivery/automation -> fabric/event":        "rules are for events",
		"delivery/automation -> fabric/subscription": "a rule names its events with the filters of subscriptions",
		"catalog/apispec -> delivery/vcs":            "documents of APIs are in repositories, follow pushes and say what they think of pull requests",
		"fabric/config -> delivery/vcs":              "configuration is in repositories, follows pushes and says what it thinks of pull requests",
		"fabric/gateway -> fabric/cache":             "answers of services are kept where all that is read often is",
		"fabric/gateway -> governance/policy":        "what Rego decides of a request is compiled and bounded as policies are",
		"fabric/mesh -> fabric/gateway":              "a sidecar reads requests and passes them on by the gateway's core",
		"fabric/gateway -> fabric/ownership":         "what a source or a workload's Terraform keeps is not changed by hand unless that is said",
		"fabric/mesh -> fabric/ownership":            "what a source keeps is not changed by hand unless that is said",
		"fabric/mesh -> fabric/pki":                  "who a workload is, its certificate says",
		"target/kubernetes -> fabric/mesh":           "the mesh of a stage's cluster is told documents where its workloads are",
		"fabric/subscription -> fabric/event":        "a subscription is sent events",
		"access/factor -> access/provider":           "factors are steps of signing in, and seen on a page in the provider's frame",
		"governance/budget -> governance/focus":      "budgets are amounts of money, and begin with what was paid",
		"governance/compliance -> governance/policy": "what is applied is held against policies",
		"governance/leak -> delivery/vcs":            "repositories are looked through, as pushes and pull requests come",
		"governance/drift -> delivery/stage":         "a stage's rules say when it is checked, and how severe drift is",
		"access/upstream -> access/provider":         "other providers are offered on its pages, and it goes on with who comes back",
		"cli/arguments -> platform/yamldoc":          "the nearest name is found as it is for names in files; the client links it for them already",
		"cli/apis -> catalog/apispec":                "an OpenAPI document is linted by the client itself, offline",
		"cli/audit -> access/audit":                  "an export of the audit log is checked by the client itself, offline",
		"cli/azuresim -> target/azuresim":            "azuresimclient calls a running simulator's operations API and links no server",
		"cli/policy -> platform/planformat":          "a plan is read once, for policies and its cost",
		"cli/secretscan -> platform/leakscan":        "files are looked through by the client itself, offline",
		"cli/score -> platform/leakscan":             "what of a Score file looks like a secret is told before anything is built",
		"cli/quota -> access/quota":                  "what can be bounded, and sizes as people write them, are read in one place",
		"cli/landingzone -> platform/conceal":        "values are hidden in what terraform prints on the machine of who applies a landing zone",
		"cli/landingzone -> platform/secretref":      "the inputs of a landing zone are read by the client itself, offline",
		"cli/secrets -> platform/secretref":          "before a secret goes, its references in workloads and configuration are read as the server reads them",
		"cli/landingzone -> platform/tfvariables":    "which variables of a configuration are secret is known from its files, which the client has",
		"cli/landingzone -> platform/yamldoc":        "the inputs of a landing zone are read by the client itself, with their places",
		"cli/configs -> fabric/config":               "a folder of configuration is validated offline as the server does",
		"cli/command -> platform/yamldoc":            "where a file is no text in UTF-8 is said there",
		"cli/topic -> fabric/topic":                  "the document of a topic is checked offline as the server does",
		"cli/topic -> platform/jsonscan":             "what breaks a schema is told at its line",
		"cli/gateway -> fabric/gateway":              "documents of the gateway are validated offline as the server does",
		"cli/mesh -> fabric/mesh":                    "documents of the mesh are validated offline as the server does",
		"cli/mesh -> platform/yamldoc":               "what a document may be as large as is said there",
		"cli/gateway -> platform/yamldoc":            "what a document may be as large as is said there",
		"cli/cost -> platform/filekind":              "a file that is no CSV is told before anything is sent, as the server tells it",
	}
}

// clientRooms is all that the client may link besides its own packages.
func clientRooms() []string {
	return []string{"internal/kernel", "internal/access/audit/chain", "internal/access/quota/bound", "internal/platform/yamldoc", "internal/platform/conceal", "internal/platform/filekind", "internal/platform/jsonscan", "internal/platform/planformat", "internal/platform/secretref", "internal/platform/tfvariables", "internal/platform/leakscan", "internal/delivery/workload", "internal/delivery/bundle", "internal/catalog/goldenpath", "internal/apiclient", "internal/cli", "internal/target/azuresim/azuresimclient", "internal/fabric/config/configfile", "internal/fabric/topic/topicdoc", "internal/fabric/topic/schema", "internal/fabric/topic/cloudevent", "internal/fabric/config/flag", "internal/fabric/gateway/gatewaydoc", "internal/fabric/mesh/cluster", "internal/fabric/mesh/istio", "internal/fabric/mesh/linkerd", "internal/fabric/mesh/meshdoc", "internal/fabric/mesh/xds/bootstrap", "internal/fabric/gateway/route", "internal/fabric/gateway/azure/capability", "internal/governance/policy", "internal/governance/cost", "golden-paths", "policies", "cmd/terrace", "internal/catalog/apispec/openapi", "internal/catalog/apispec/styleguide"}
}

type pkg struct {
	ImportPath string
	Doc        string
	Imports    []string
	Deps       []string
	GoFiles    []string
	Standard   bool
}

func packages(t *testing.T, patterns ...string) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-deps", "-json=ImportPath,Doc,Imports,Deps,GoFiles,Standard"}, patterns...)...)
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(p.ImportPath, module) {
			p.ImportPath = strings.TrimPrefix(p.ImportPath, module)
			all = append(all, p)
		}
	}
}

// room returns floor/room of a package under internal/ and whether it is the
// room itself rather than one of its adapters.
func room(path string) (name string, core bool) {
	parts := strings.Split(strings.TrimPrefix(path, "internal/"), "/")
	if len(parts) < 2 {
		return parts[0], true
	}
	return parts[0] + "/" + parts[1], len(parts) == 2
}

func TestImportsGoOneWay(t *testing.T) {
	t.Parallel()
	allowed := edges()
	used := map[string]bool{}
	for _, p := range packages(t, "./...") {
		if !strings.HasPrefix(p.ImportPath, "internal/") {
			continue
		}
		from, core := room(p.ImportPath)
		for _, imported := range p.Imports {
			target, ours := strings.CutPrefix(imported, module)
			if !ours {
				continue
			}
			to, targetCore := room(target)
			edge := from + " -> " + to
			switch {
			case from == to && core && !targetCore && strings.HasPrefix(target, p.ImportPath+"/") && isAdapter(target):
				t.Errorf("%s imports its own adapter %s: adapters depend on the room, never the other way", p.ImportPath, target)
			case mayImport(from, to):
			case allowed[edge] != "":
				used[edge] = true
			default:
				t.Errorf("%s imports %s: there is no edge %q; declare a small interface in %s, or add the edge with its reason", p.ImportPath, target, edge, from)
			}
		}
	}
	for edge := range allowed {
		if !used[edge] {
			t.Errorf("edge %q is allowed but not used: remove it", edge)
		}
	}
}

// isAdapter tells a room's store and handlers, which carry its name: runsql, runapi.
func isAdapter(path string) bool {
	parts := strings.Split(path, "/")
	last, parent := parts[len(parts)-1], parts[len(parts)-2]
	return last == parent+"sql" || last == parent+"api" || last == parent+"kv"
}

// mayImport holds the floors: kernel ← platform ← rooms ← app ← cmd.
func mayImport(from, to string) bool {
	fromFloor, toFloor := strings.Split(from, "/")[0], strings.Split(to, "/")[0]
	switch {
	case from == to, toFloor == "kernel", fromFloor == "app":
		return true
	case fromFloor == "kernel":
		return false
	case toFloor == "platform":
		return fromFloor != "cli" && fromFloor != "apiclient"
	case fromFloor == "cli":
		return strings.HasPrefix(to, "cli/") || toFloor == "apiclient" || toFloor == "golden-paths" || toFloor == "policies" || to == "delivery/workload" || to == "delivery/bundle" || to == "governance/policy" || to == "governance/cost" || to == "catalog/goldenpath"
	default:
		return false
	}
}

func TestClientNeverLinksTheServer(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t, "./cmd/terrace") {
		allowed := false
		for _, room := range clientRooms() {
			allowed = allowed || p.ImportPath == room || strings.HasPrefix(p.ImportPath, room+"/")
		}
		if !allowed {
			t.Errorf("the client links %s", p.ImportPath)
		}
	}
}

func TestProviderStaysSmall(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t, "./cmd/terraform-provider-terrace") {
		helper := p.ImportPath == "internal/platform/confine" // it isolates runs, since it starts in a quarter of the daemon's time
		if !helper && p.ImportPath != "cmd/terraform-provider-terrace" && !strings.HasPrefix(p.ImportPath, "internal/target/local/provider") {
			t.Errorf("the provider links %s", p.ImportPath)
		}
	}
}

func TestEveryPackageSaysWhatItOwns(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t, "./...") {
		if len(p.GoFiles) > 0 && len(p.Doc) < 40 {
			t.Errorf("%s has no package comment that says what it owns", p.ImportPath)
		}
	}
}

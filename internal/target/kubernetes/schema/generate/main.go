// Command generate writes schemas.json: the schemas of the kinds that Terrace
// renders, out of the OpenAPI documents of one Kubernetes release and the
// custom resource definitions of the Gateway API and the Secrets Store CSI
// driver. References are put in place, descriptions are left out, and objects
// with properties allow no others. With -istio it writes those that Istio has
// for what a mesh is rendered to, and with -linkerd those of Linkerd.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// release is the Kubernetes release whose documents are read; the module is
// downloaded for its files alone and is no dependency.
const release = "k8s.io/kubernetes@v1.37.2"

func main() {
	add := []func(map[string]any) error{core, custom}
	args := os.Args[1:]
	if len(args) == 2 && args[0] == "-istio" {
		add, args = []func(map[string]any) error{core, istio, forget("istio.io/")}, args[1:]
	}
	if len(args) == 2 && args[0] == "-linkerd" {
		add, args = []func(map[string]any) error{core, linkerd, forget("linkerd.io/", "gateway.networking.k8s.io/", "v1/Namespace")}, args[1:]
	}
	if len(args) != 1 {
		fmt.Fprintln(os.Stderr, "usage: generate [-istio | -linkerd] FILE")
		os.Exit(2)
	}
	if err := generate(args[0], add); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func generate(path string, adds []func(map[string]any) error) error {
	all := map[string]any{}
	for _, add := range adds {
		if err := add(all); err != nil {
			return err
		}
	}
	b, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}

// core adds the kinds of Kubernetes itself.
func core(all map[string]any) error {
	dir, err := folder("mod", "download", "-json", release)
	if err != nil {
		return err
	}
	for document, kinds := range map[string][]string{
		"api__v1":                     {"io.k8s.api.core.v1.Namespace", "io.k8s.api.core.v1.ServiceAccount", "io.k8s.api.core.v1.ConfigMap", "io.k8s.api.core.v1.Service", "io.k8s.api.core.v1.PersistentVolumeClaim"},
		"apis__apps__v1":              {"io.k8s.api.apps.v1.Deployment"},
		"apis__networking.k8s.io__v1": {"io.k8s.api.networking.v1.NetworkPolicy"},
		"apis__autoscaling__v2":       {"io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler"},
		"apis__policy__v1":            {"io.k8s.api.policy.v1.PodDisruptionBudget"},
	} {
		var doc struct {
			Components struct {
				Schemas map[string]map[string]any `json:"schemas"`
			} `json:"components"`
		}
		if err := read(filepath.Join(dir, "api", "openapi-spec", "v3", document+"_openapi.json"), &doc); err != nil {
			return err
		}
		for _, kind := range kinds {
			e := expander{schemas: doc.Components.Schemas}
			schema, ok := doc.Components.Schemas[kind]
			if !ok {
				return fmt.Errorf("%s has no %s", document, kind)
			}
			all[nameOf(schema)] = e.expand(schema)
		}
	}
	return nil
}

// nameOf returns the key of a kind: apiVersion/kind.
func nameOf(schema map[string]any) string {
	list, _ := schema["x-kubernetes-group-version-kind"].([]any)
	gvk, _ := list[0].(map[string]any)
	version := fmt.Sprint(gvk["version"])
	if group := fmt.Sprint(gvk["group"]); group != "" {
		version = group + "/" + version
	}
	return version + "/" + fmt.Sprint(gvk["kind"])
}

// definition is a custom resource definition.
type definition struct {
	Spec struct {
		Group string `json:"group"`
		Names struct {
			Kind string `json:"kind"`
		} `json:"names"`
		Versions []struct {
			Name   string `json:"name"`
			Schema struct {
				OpenAPIV3Schema map[string]any `json:"openAPIV3Schema"`
			} `json:"schema"`
		} `json:"versions"`
	} `json:"spec"`
}

// add adds a version of its kind.
func (d definition) add(all map[string]any, version string) {
	for _, v := range d.Spec.Versions {
		if v.Name == version {
			all[d.Spec.Group+"/"+version+"/"+d.Spec.Names.Kind] = withMetadata(expander{}.expand(v.Schema.OpenAPIV3Schema), all)
		}
	}
}

// istioAPI has the definitions of Istio; the module is downloaded for its files alone.
const istioAPI = "istio.io/api@v1.32.0"

// istio adds the kinds that a mesh is rendered to.
func istio(all map[string]any) error {
	dir, err := folder("mod", "download", "-json", istioAPI)
	if err != nil {
		return err
	}
	b, err := os.ReadFile(filepath.Join(dir, "kubernetes", "customresourcedefinitions.gen.yaml"))
	if err != nil {
		return err
	}
	for _, one := range strings.Split(string(b), "\n---\n") {
		var crd definition
		if err := yaml.Unmarshal([]byte(one), &crd); err != nil {
			return fmt.Errorf("read the definitions of Istio: %w", err)
		}
		switch crd.Spec.Names.Kind {
		case "AuthorizationPolicy", "DestinationRule", "PeerAuthentication", "VirtualService":
			crd.add(all, "v1")
		}
	}
	return nil
}

// forget takes out the kinds that have none of the words.
func forget(keep ...string) func(map[string]any) error {
	return func(all map[string]any) error {
		for kind := range all {
			if !slices.ContainsFunc(keep, func(word string) bool { return strings.Contains(kind, word) }) {
				delete(all, kind)
			}
		}
		return nil
	}
}

// custom adds the kinds of custom resource definitions.
func custom(all map[string]any) error {
	for module, file := range map[string]string{ //nolint:gosec // file names
		"sigs.k8s.io/gateway-api":              "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml",
		"sigs.k8s.io/secrets-store-csi-driver": "config/crd/bases/secrets-store.csi.x-k8s.io_secretproviderclasses.yaml",
	} {
		dir, err := folder("list", "-m", "-json", module)
		if err != nil {
			return err
		}
		var crd definition
		if err := read(filepath.Join(dir, filepath.FromSlash(file)), &crd); err != nil {
			return err
		}
		crd.add(all, "v1")
	}
	return nil
}

// withMetadata gives a custom kind what every object has: its definition leaves
// that to the server.
func withMetadata(schema, all map[string]any) map[string]any {
	core, _ := all["v1/ConfigMap"].(map[string]any)
	from, _ := core["properties"].(map[string]any)
	if to, ok := schema["properties"].(map[string]any); ok {
		for _, key := range []string{"apiVersion", "kind", "metadata"} {
			if key == "metadata" || to[key] == nil {
				to[key] = from[key]
			}
		}
	}
	return schema
}

// folder returns where a module's files are, as the go command tells it.
func folder(args ...string) (string, error) {
	out, err := exec.Command("go", args...).Output() //nolint:noctx // constants, in a generator
	if err != nil {
		return "", fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	var m struct{ Dir string }
	return m.Dir, json.Unmarshal(out, &m)
}

func read(path string, into any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := yaml.Unmarshal(b, into); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

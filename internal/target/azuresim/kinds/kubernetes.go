package kinds

import (
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	extensionType = "Microsoft.KubernetesConfiguration/extensions"
	fluxType      = "Microsoft.KubernetesConfiguration/fluxConfigurations"
	fluxExtension = "microsoft.flux"
)

// kubernetesKinds are extensions of clusters and their Flux configurations, in Microsoft.KubernetesConfiguration.
func kubernetesKinds() []arm.Kind {
	all := arm.Async{Put: arm.ByOperation, Patch: arm.ByOperation, Delete: arm.ByOperation}
	return []arm.Kind{
		{
			Type: extensionType, Scopes: arm.InResource, Async: all, Status: arm.Status{Create: 201},
			Required:  []string{"properties.extensionType"},
			ReadOnly:  []string{"properties.currentVersion", "properties.aksAssignedIdentity", "properties.isSystemExtension"},
			WriteOnly: []string{"properties.configurationProtectedSettings"},
			Default:   extensionDefault, Check: extensionCheck, Compute: extensionCompute, Deletable: extensionDeletable,
		},
		{
			Type: fluxType, Scopes: arm.InResource, Async: all, Status: arm.Status{Create: 201},
			Name:      arm.NameRule{Pattern: `^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`, Max: 63},
			Required:  []string{"properties.sourceKind"},
			ReadOnly:  []string{"properties.complianceState", "properties.statuses", "properties.sourceSyncedCommitId", "properties.sourceUpdatedAt", "properties.statusUpdatedAt", "properties.repositoryPublicKey", "properties.errorMessage"},
			WriteOnly: []string{"properties.configurationProtectedSettings"},
			Default:   fluxDefault, Check: fluxCheck, Compute: fluxCompute,
		},
	}
}

func extensionDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("properties.autoUpgradeMinorVersion", !r.Has("properties.version"))
	r.Default("properties.configurationSettings", arm.Object{})
	if !r.Has("properties.scope.namespace") {
		r.Default("properties.scope.cluster.releaseNamespace", extensionNamespace(r))
	}
	if r.Bool("properties.autoUpgradeMinorVersion") {
		r.Default("properties.releaseTrain", "Stable")
	}
}

func extensionNamespace(r *arm.Resource) string {
	if strings.EqualFold(r.Str("properties.extensionType"), fluxExtension) {
		return "flux-system"
	}
	return r.Name()
}

// extensionVersions are the versions that run, by type.
func extensionVersions() map[string]string {
	return map[string]string{fluxExtension: "1.17.3", "microsoft.dapr": "1.15.5", "microsoft.azuremlkubernetes": "1.3.18", "microsoft.azurecontainerstorage": "2.0.0", "microsoft.dataprotection.kubernetes": "0.0.3002"}
}

func extensionCheck(c *arm.Context, r, _ *arm.Resource) error {
	if err := onCluster(c, r); err != nil {
		return err
	}
	kind := strings.ToLower(r.Str("properties.extensionType"))
	if extensionVersions()[kind] == "" {
		return arm.BadRequest("ExtensionTypeNotFound", "The extension type %s is none of this simulation.", r.Str("properties.extensionType"))
	}
	for _, other := range c.Under(r.ID.Scope, extensionType) {
		if other.ID.Key() != r.ID.Key() && strings.EqualFold(other.Str("properties.extensionType"), kind) {
			return arm.Conflict("ExtensionAlreadyExists", "The cluster has an extension of type %s already: %s.", kind, other.Name())
		}
	}
	return nil
}

func onCluster(c *arm.Context, r *arm.Resource) error {
	if cluster := c.Get(r.ID.Scope); cluster == nil || !strings.EqualFold(cluster.ID.Type(), aksType) {
		return arm.BadRequest("InvalidClusterResource", "'%s' is no managed cluster.", r.ID.Scope)
	}
	return nil
}

func extensionCompute(c *arm.Context, r, old *arm.Resource) {
	version := r.Str("properties.version")
	if version == "" {
		version = extensionVersions()[strings.ToLower(r.Str("properties.extensionType"))]
	}
	r.Set("properties.currentVersion", version)
	r.Set("properties.isSystemExtension", false)
	if old == nil {
		r.Set("properties.aksAssignedIdentity", arm.Object{"type": "SystemAssigned", "principalId": c.NewUUID(), "tenantId": c.Cloud().TenantID})
	}
}

func extensionDeletable(c *arm.Context, r *arm.Resource) error {
	if !strings.EqualFold(r.Str("properties.extensionType"), fluxExtension) {
		return nil
	}
	if left := c.Under(r.ID.Scope, fluxType); len(left) > 0 {
		return arm.Conflict("ExtensionInUse", "Flux still has the configuration %s: delete it first.", left[0].Name())
	}
	return nil
}

func fluxDefault(_ *arm.Context, r *arm.Resource) {
	r.Default("properties.scope", "cluster")
	r.Default("properties.namespace", "default")
	r.Default("properties.suspend", false)
	r.Default("properties.waitForReconciliation", true)
	for name, v := range r.Obj("properties.kustomizations") {
		kustomization, is := v.(arm.Object)
		if !is {
			continue
		}
		kustomization["name"] = name
		for path, v := range map[string]any{"timeoutInSeconds": 600, "syncIntervalInSeconds": 600, "prune": false, "force": false, "wait": true, "dependsOn": []any{}} {
			r.Default("properties.kustomizations."+name+"."+path, v)
		}
	}
}

func fluxCheck(c *arm.Context, r, _ *arm.Resource) error {
	if err := onCluster(c, r); err != nil {
		return err
	}
	found := false
	for _, extension := range c.Under(r.ID.Scope, extensionType) {
		found = found || strings.EqualFold(extension.Str("properties.extensionType"), fluxExtension)
	}
	if !found {
		return arm.BadRequest("FluxExtensionNotFound", "The cluster has no extension %s, which Flux configurations need.", fluxExtension)
	}
	kustomizations := r.Obj("properties.kustomizations")
	for name, v := range kustomizations {
		kustomization, _ := v.(arm.Object)
		after, _ := kustomization["dependsOn"].([]any)
		for _, other := range after {
			if s, _ := other.(string); kustomizations[s] == nil || s == name {
				return arm.BadRequest("InvalidKustomization", "The kustomization %s depends on %s, which is none of the configuration.", name, s)
			}
		}
	}
	return nil
}

// fluxCompute says that all of it is in place: nothing runs in the simulated cluster that could fail.
func fluxCompute(c *arm.Context, r, _ *arm.Resource) {
	now := c.Now().Format(time.RFC3339)
	statuses := []any{fluxStatus(r.Str("properties.namespace"), r.Name(), r.Str("properties.sourceKind"), "", now)}
	for name := range r.Obj("properties.kustomizations") {
		statuses = append(statuses, fluxStatus(r.Str("properties.namespace"), r.Name()+"-"+name, "Kustomization", r.Name(), now))
	}
	r.Set("properties.statuses", statuses)
	r.Set("properties.complianceState", "Compliant")
	r.Set("properties.statusUpdatedAt", now)
}

func fluxStatus(namespace, name, kind, by, now string) arm.Object {
	status := arm.Object{
		"name": name, "namespace": namespace, "kind": kind, "complianceState": "Compliant",
		"statusConditions": []any{arm.Object{"type": "Ready", "status": "True", "reason": "Succeeded", "message": "Applied", "lastTransitionTime": now}},
	}
	if by != "" {
		status["appliedBy"] = arm.Object{"name": by, "namespace": namespace}
	}
	return status
}

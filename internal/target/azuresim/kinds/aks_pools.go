package kinds

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	poolDiskGB      = 128
	poolOverlayPods = 250
	poolPods        = 30
)

// poolKind is the pools of a cluster. A cluster shows them as its agentPoolProfiles.
func poolKind() arm.Kind {
	return arm.Kind{
		Type: poolType, Async: arm.Async{Put: arm.ByOperation, Delete: arm.ByOperation}, Status: arm.Status{Create: 201}, NoPatch: true,
		Name:      arm.NameRule{Pattern: `^[a-z][a-z0-9]*$`, Max: 12},
		Immutable: []string{"properties.vmSize", "properties.osType", "properties.vnetSubnetID", "properties.osDiskType", "properties.availabilityZones"},
		Keep:      []string{"properties.vmSize", "properties.osType", "properties.vnetSubnetID", "properties.osDiskType", "properties.orchestratorVersion"},
		ReadOnly:  []string{"properties.currentOrchestratorVersion", "properties.nodeImageVersion", "properties.powerState"},
		Default:   func(c *arm.Context, r *arm.Resource) { poolDefault(c.Get(r.ID.Parent().String()), r) },
		Check:     poolCheck,
		Compute:   func(_ *arm.Context, r, _ *arm.Resource) { poolCompute(r) },
		Deletable: poolDeletable,
	}
}

// versionsKind is what versions the pools of a cluster may have.
func versionsKind() arm.Kind {
	return arm.Kind{
		Type: aksType + "/availableAgentPoolVersions", Single: true, NoProvisioningState: true, NoSystemData: true,
		Check: func(*arm.Context, *arm.Resource, *arm.Resource) error {
			return arm.Errorf(405, "MethodNotAllowed", "Versions of Kubernetes are read, not set.")
		},
		Find: func(c *arm.Context, id arm.ID) *arm.Resource {
			if c.Get(id.Parent().String()) == nil {
				return nil
			}
			list := []any{}
			for _, version := range slices.Sorted(maps.Values(kubernetesVersions())) {
				list = append(list, arm.Object{"kubernetesVersion": version, "default": version == defaultKubernetes})
			}
			return &arm.Resource{ID: id, Body: arm.Object{"properties": arm.Object{"agentPoolVersions": list}}}
		},
	}
}

func poolDefault(cluster, r *arm.Resource) {
	pods := poolPods
	if cluster != nil && cluster.Str("properties.networkProfile.networkPluginMode") == "overlay" {
		pods = poolOverlayPods
	}
	for path, v := range map[string]any{
		"count": max(r.Num("properties.minCount"), 1), "vmSize": "Standard_D2s_v5", "osDiskSizeGB": poolDiskGB, "osDiskType": "Managed", "kubeletDiskType": "OS",
		"maxPods": pods, "osType": "Linux", "type": "VirtualMachineScaleSets", "mode": "User", "scaleDownMode": "Delete",
		"enableAutoScaling": false, "enableNodePublicIP": false, "enableEncryptionAtHost": false, "enableUltraSSD": false, "enableFIPS": false,
	} {
		r.Default("properties."+path, v)
	}
	system := "Ubuntu"
	if r.Str("properties.osType") == "Windows" {
		system = "Windows2022"
	}
	r.Default("properties.osSKU", system)
	if r.Str("properties.scaleSetPriority") == "Spot" {
		r.Default("properties.scaleSetEvictionPolicy", "Delete")
		r.Default("properties.spotMaxPrice", -1)
	}
	if cluster != nil && r.Str("properties.orchestratorVersion") == "" {
		r.Set("properties.orchestratorVersion", cluster.Str("properties.kubernetesVersion"))
	}
	if r.Num("properties.osDiskSizeGB") == 0 {
		r.Set("properties.osDiskSizeGB", poolDiskGB)
	}
	if r.Num("properties.maxPods") == 0 {
		r.Set("properties.maxPods", pods)
	}
}

func poolCheck(c *arm.Context, r, _ *arm.Resource) error {
	if patchOf(r.Str("properties.orchestratorVersion")) == "" {
		return arm.BadRequest("AgentPoolK8sVersionNotSupported", "Version %s is not supported in this region.", r.Str("properties.orchestratorVersion"))
	}
	if r.Bool("properties.enableAutoScaling") && (r.Num("properties.maxCount") < r.Num("properties.minCount") || r.Num("properties.maxCount") < 1) {
		return arm.BadRequest("InvalidParameter", "The pool %s scales from minCount to maxCount, which must be at least as much.", r.Name())
	}
	if r.Str("properties.mode") == "System" && r.Str("properties.scaleSetPriority") == "Spot" {
		return arm.BadRequest("InvalidParameter", "A pool of mode System cannot be of spare capacity.")
	}
	return exists(c, r, r.Str("properties.vnetSubnetID"))
}

func poolCompute(r *arm.Resource) {
	r.Set("properties.currentOrchestratorVersion", patchOf(r.Str("properties.orchestratorVersion")))
	image := map[string]string{"AzureLinux": "AKSAzureLinux-V3gen2", "AzureLinux3": "AKSAzureLinux-V3gen2", "Windows2022": "AKSWindows-2022-containerd-gen2"}[r.Str("properties.osSKU")]
	r.Set("properties.nodeImageVersion", cmp.Or(image, "AKSUbuntu-2204gen2containerd")+"-202511.07.0")
	r.Set("properties.powerState.code", "Running")
}

func poolDeletable(c *arm.Context, r *arm.Resource) error {
	for _, other := range c.Under(r.ID.Parent().String(), poolType) {
		if other.ID.Key() != r.ID.Key() && other.Str("properties.mode") == "System" {
			return nil
		}
	}
	if r.Str("properties.mode") != "System" {
		return nil
	}
	return arm.BadRequest("LastSystemPool", "There has to be at least one pool of mode System; %s is the last one.", r.Name())
}

// aksStorePool stores a pool that came in a cluster's agentPoolProfiles.
func aksStorePool(c *arm.Context, cluster *arm.Resource, profile arm.Object) error {
	name := text(profile, "name")
	id, err := arm.ParseID(cluster.ID.String() + "/agentPools/" + name)
	if err != nil || name == "" {
		return arm.BadRequest("InvalidParameter", "A pool of %s has no name.", cluster.Name())
	}
	properties := maps.Clone(profile)
	delete(properties, "name")
	pool := &arm.Resource{ID: id, Body: arm.Object{"properties": properties}}
	if known := c.Get(id.String()); known != nil {
		pool.Body["properties"] = arm.Merge(known.Obj("properties"), properties)
	}
	poolDefault(cluster, pool)
	if err := poolCheck(c, pool, nil); err != nil {
		return err
	}
	poolCompute(pool)
	pool.Set("properties.provisioningState", "Succeeded")
	c.Put(pool)
	return nil
}

// aksShow shows the pools as they are now, those of the cluster's making first.
func aksShow(c *arm.Context, r *arm.Resource) {
	first := []string{}
	for _, v := range r.List("properties.agentPoolProfiles") {
		pool, _ := v.(arm.Object)
		first = append(first, text(pool, "name"))
	}
	pools := c.Under(r.ID.String(), poolType)
	slices.SortStableFunc(pools, func(a, b *arm.Resource) int {
		return cmp.Or(cmp.Compare(place(first, a.Name()), place(first, b.Name())), strings.Compare(a.Name(), b.Name()))
	})
	profiles := []any{}
	for _, pool := range pools {
		profile := arm.Clone(pool.Obj("properties"))
		profile["name"] = pool.Name()
		profiles = append(profiles, profile)
	}
	r.Set("properties.agentPoolProfiles", profiles)
}

// place is where a name stands in a list, after all of it when it is not there.
func place(list []string, name string) int {
	if at := slices.Index(list, name); at >= 0 {
		return at
	}
	return len(list)
}

locals {
  # What a cluster needs from the first day on. A rule with `record` keeps a series,
  # one with `alert` tells the action groups.
  default_rule_groups = {
    nodes-recorded = {
      interval = "PT1M"
      rules = [
        { record = "instance:node_num_cpu:sum", expression = "count without (cpu, mode) (node_cpu_seconds_total{job=\"node\",mode=\"idle\"})" },
        { record = "instance:node_cpu_utilisation:rate5m", expression = "1 - avg without (cpu) (sum without (mode) (rate(node_cpu_seconds_total{job=\"node\",mode=~\"idle|iowait|steal\"}[5m])))" },
        { record = "instance:node_memory_utilisation:ratio", expression = "1 - (node_memory_MemAvailable_bytes{job=\"node\"} / node_memory_MemTotal_bytes{job=\"node\"})" },
        { record = "instance:node_network_receive_bytes_excluding_lo:rate5m", expression = "sum without (device) (rate(node_network_receive_bytes_total{job=\"node\",device!=\"lo\"}[5m]))" },
      ]
    }

    workloads-recorded = {
      interval = "PT1M"
      rules = [
        { record = "namespace:container_cpu_usage_seconds_total:sum_rate", expression = "sum by (namespace) (rate(container_cpu_usage_seconds_total{image!=\"\"}[5m]))" },
        { record = "namespace:container_memory_working_set_bytes:sum", expression = "sum by (namespace) (container_memory_working_set_bytes{image!=\"\",container!=\"\"})" },
        { record = "namespace:kube_pod_container_resource_requests_cpu:sum", expression = "sum by (namespace) (kube_pod_container_resource_requests{resource=\"cpu\"})" },
      ]
    }

    nodes = {
      interval = "PT1M"
      rules = [
        { alert = "NodeNotReady", severity = 2, for = "PT15M", expression = "kube_node_status_condition{condition=\"Ready\",status=\"true\"} == 0", annotations = { description = "Node {{ $labels.node }} is not ready for 15 minutes." } },
        { alert = "NodeMemoryAlmostFull", severity = 3, for = "PT15M", expression = "instance:node_memory_utilisation:ratio > 0.9", annotations = { description = "Node {{ $labels.instance }} uses more than 90 % of its memory." } },
        { alert = "NodeFilesystemAlmostFull", severity = 2, for = "PT15M", expression = "node_filesystem_avail_bytes{fstype!~\"tmpfs|overlay\"} / node_filesystem_size_bytes{fstype!~\"tmpfs|overlay\"} < 0.1", annotations = { description = "{{ $labels.mountpoint }} of {{ $labels.instance }} has less than 10 % left." } },
      ]
    }

    workloads = {
      interval = "PT1M"
      rules = [
        { alert = "PodCrashLooping", severity = 2, for = "PT15M", expression = "max_over_time(kube_pod_container_status_waiting_reason{reason=\"CrashLoopBackOff\"}[5m]) >= 1", annotations = { description = "Container {{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} starts again and again." } },
        { alert = "PodNotReady", severity = 3, for = "PT15M", expression = "sum by (namespace, pod) (kube_pod_status_phase{phase=~\"Pending|Unknown|Failed\"}) > 0", annotations = { description = "{{ $labels.namespace }}/{{ $labels.pod }} is not ready for 15 minutes." } },
        { alert = "DeploymentReplicasMissing", severity = 3, for = "PT15M", expression = "kube_deployment_spec_replicas != kube_deployment_status_replicas_available", annotations = { description = "{{ $labels.namespace }}/{{ $labels.deployment }} has fewer replicas than it asks for." } },
        { alert = "ContainerOutOfMemory", severity = 3, for = "PT5M", expression = "sum by (namespace, pod, container) (kube_pod_container_status_last_terminated_reason{reason=\"OOMKilled\"}) > 0", annotations = { description = "{{ $labels.namespace }}/{{ $labels.pod }} was ended for want of memory." } },
        { alert = "PersistentVolumeAlmostFull", severity = 2, for = "PT15M", expression = "kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes < 0.1", annotations = { description = "Volume {{ $labels.persistentvolumeclaim }} of {{ $labels.namespace }} has less than 10 % left." } },
      ]
    }
  }
}

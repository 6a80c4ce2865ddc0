package arm

// Engine is one simulated Resource Manager.
type Engine struct {
	cloud Cloud
}

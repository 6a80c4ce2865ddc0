package static

const (
	// maxFile bounds a file, in bytes.
	maxFile = 4 << 20
	// maxProblems bounds what is told of a configuration that is not understood.
	maxProblems = 50
	// maxFiles bounds the files of a module.
	maxFiles = 500
	// maxResources bounds the instances of all modules.
	maxResources = 20_000
	// maxInstances bounds one resource's or module's instances.
	maxInstances = 5_000
	// maxModules bounds how deep modules call modules.
	maxModules = 16
	// maxBlocks bounds how deep blocks are nested, and maxSteps how deep an
	// expression refers to others.
	maxBlocks = 32
	maxSteps  = 256
)

package static

import "time"

const (
	// maxFile bounds a file, in bytes.
	maxFile = 4 << 20
	// maxYAML bounds what yamldecode reads, in bytes: each may open a level.
	maxYAML = 512 << 10
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
	// maxNesting bounds how deep brackets and templates are nested, and
	// maxOperators how many operators follow one another.
	maxNesting   = 200
	maxOperators = 1_000
	// maxDigits bounds a number as it is written, maxBits the size of one.
	maxDigits = 400
	maxBits   = 4_096
)

// What values may come to: of one expression, and of all together.
const (
	maxElements = 100_000
	maxText     = 8 << 20
	maxDepth    = 100
	maxWork     = 4_000_000
	maxAllText  = 256 << 20
	// maxTurns bounds the turns of all loops.
	maxTurns = 200_000
	// maxPairs bounds lists whose elements are all held against each other, and
	// maxWidth what format fills up to.
	maxPairs = 5_000
	maxWidth = 10_000
	// maxTime bounds how long a configuration is evaluated.
	maxTime = 30 * time.Second
)

package merge

// For tests that need a database, which this package does not open.
var IfAny = ifAny

const (
	Makes        = makes
	Once         = once
	Differing    = differing
	DifferingEnd = differingEnd
)

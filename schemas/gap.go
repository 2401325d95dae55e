package schemas

// Gap is why something that was asked for did not come.
type Gap string

// The kinds of gap.
const (
	GapRefused    Gap = "refused"    // the API refuses it, as it will again
	GapNotFound   Gap = "not_found"  // the API says that there is none
	GapAbsent     Gap = "absent"     // the answer neither has it nor says why
	GapUnaskable  Gap = "unaskable"  // its id is none that can be asked for
	GapUnreadable Gap = "unreadable" // a successful answer that is no page
	GapTooLarge   Gap = "too_large"  // its answer is over the limit of a page
	GapTemporary  Gap = "temporary"  // it failed as often as it was tried, while others came
	GapDamaged    Gap = "damaged"    // its page landed and cannot be read any more
)

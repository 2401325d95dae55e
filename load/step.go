package load

// Step is called before and after what a crash can come between, by name and
// with the file; an error of it is that step's error. Tests crash and fill
// disks with it; it is nil otherwise.
type Step func(name, file string) error

func (s Step) at(name, file string) error {
	if s == nil {
		return nil
	}
	return s(name, file)
}

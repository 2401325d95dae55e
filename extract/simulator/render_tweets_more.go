package simulator

func (v *view) tweetExtras(f *fieldWriter, t Tweet) {
	f.part("edit_controls", obj("is_edit_eligible", v.q.bool(t.EditControls.IsEditEligible),
		"editable_until", v.q.time(t.EditControls.EditableUntil), "edits_remaining", v.q.int(t.EditControls.EditsRemaining)))
	f.value("display_text_range", []any{v.q.int(int64(t.DisplayTextRange[0])), v.q.int(int64(t.DisplayTextRange[1]))})
	var annotations []object
	for _, a := range t.Annotations {
		annotations = append(annotations, obj("domain", v.annotationPart(a.Domain), "entity", v.annotationPart(a.Entity)))
	}
	f.parts("context_annotations", annotations)
	f.part("withheld", v.withheld(t.Withheld))
	if t.ScopesFollowers != nil {
		f.part("scopes", obj("followers", v.q.bool(*t.ScopesFollowers)))
	}
	var metadata []object
	for _, m := range t.MediaMetadata {
		metadata = append(metadata, v.mediaMetadata(m))
	}
	f.parts("media_metadata", metadata)
	v.geo(f, t)
	v.article(f, t.Article)
	v.sourceLinks(f, t)
}

func (v *view) annotationPart(p AnnotationPart) object {
	o := obj("id", v.q.id(p.ID), "name", p.Name)
	if p.Description != nil {
		o.add("description", *p.Description)
	}
	return o
}

func (v *view) mediaMetadata(m MediaMetadata) object {
	o := obj("media_key", m.MediaKey)
	for _, p := range []struct {
		key  string
		text *string
	}{{"alt_text", m.AltText}, {"title", m.Title}, {"description", m.Description}} {
		if p.text != nil {
			o.add(p.key, *p.text)
		}
	}
	return o
}

// geo: expanding the place adds its id alone.
func (v *view) geo(f *fieldWriter, t Tweet) {
	if !f.asked["geo"] && !v.asked("geo.place_id") {
		return
	}
	var o object
	if t.PlaceID != nil {
		o.add("place_id", *t.PlaceID)
	}
	if c := t.Coordinates; c != nil && f.asked["geo"] {
		o.add("coordinates", obj("type", "Point", "coordinates", []any{v.q.float(c[0]), v.q.float(c[1])}))
	}
	f.partAlways("geo", o)
}

func (v *view) article(f *fieldWriter, a *Article) {
	if a == nil {
		return
	}
	if v.sel.post {
		f.value("article_title", a.Title)
	}
	var o object
	if f.asked["article"] {
		o = obj("title", a.Title, "plain_text", a.PlainText, "preview_text", a.PreviewText, "entities", v.entities(a.Entities, false))
	}
	if f.asked["article"] || v.asked("article.cover_media") {
		o.add("cover_media", *a.CoverMedia)
	}
	if f.asked["article"] || v.asked("article.media_entities") {
		o.add("media_entities", a.MediaEntities)
	}
	if len(o) > 0 {
		f.always("article", o)
	}
}

// sourceLinks have other shapes in the post dialect: texts instead of link
// objects, a list of counts instead of one. With quirks either may come.
func (v *view) sourceLinks(f *fieldWriter, t Tweet) {
	if len(t.SourceLinks) == 0 {
		return
	}
	newer := v.sel.post != v.q.sometimes(50)
	if newer {
		f.value("suggested_source_links", t.SourceLinks)
	} else {
		var links []object
		for _, l := range t.SourceLinks {
			links = append(links, obj("url", l))
		}
		f.value("suggested_source_links", links)
	}
	var counts []object
	for _, c := range t.SourceLinkCounts {
		counts = append(counts, obj("url", c.URL, "count", v.q.int(c.Count)))
	}
	if !newer && len(counts) == 1 {
		f.value("suggested_source_links_with_counts", counts[0])
		return
	}
	f.value("suggested_source_links_with_counts", counts)
}

func (v *view) media(m Media) object {
	f := v.writer(v.sel.media)
	f.value("media_key", m.Key)
	f.value("type", m.Type)
	f.text("url", m.URL)
	f.text("preview_image_url", m.PreviewImageURL)
	f.text("alt_text", m.AltText)
	f.int("width", &m.Width)
	f.int("height", &m.Height)
	f.int("duration_ms", m.DurationMS)
	if m.ViewCount != nil {
		f.value("public_metrics", obj("view_count", v.q.int(*m.ViewCount)))
	}
	var variants []object
	for _, file := range m.Variants {
		o := obj("content_type", file.ContentType, "url", file.URL)
		if file.BitRate != nil {
			o.add("bit_rate", v.q.int(*file.BitRate))
		}
		variants = append(variants, o)
	}
	f.parts("variants", variants)
	return f.out
}

func (v *view) poll(p Poll) object {
	f := v.writer(v.sel.poll)
	f.id("id", &p.ID)
	f.value("voting_status", p.VotingStatus)
	f.time("end_datetime", &p.EndDatetime)
	f.int("duration_minutes", &p.DurationMinutes)
	var options []object
	for _, o := range p.Options {
		options = append(options, obj("position", v.q.int(o.Position), "label", o.Label, "votes", v.q.int(o.Votes)))
	}
	f.value("options", options)
	return f.out
}

func (v *view) place(p Place) object {
	f := v.writer(v.sel.place)
	f.value("id", p.ID)
	f.value("full_name", p.FullName)
	f.value("name", p.Name)
	f.value("country", p.Country)
	f.value("country_code", p.CountryCode)
	f.value("place_type", p.PlaceType)
	if len(p.ContainedWithin) > 0 {
		f.value("contained_within", p.ContainedWithin)
	}
	if p.BBox == nil || !f.asked["geo"] {
		return f.out
	}
	box := make([]any, 0, 4)
	for _, degrees := range p.BBox {
		box = append(box, v.q.float(degrees))
	}
	geo := obj("type", "Feature", "bbox", box, "properties", literal("{}"))
	if p.Point != nil && !v.sel.post {
		geo.add("geometry", obj("type", "Point", "coordinates", []any{v.q.float(p.Point[0]), v.q.float(p.Point[1])}))
	}
	f.always("geo", geo)
	return f.out
}

# The project's one version as a resource of what is shipped. $(1): the file, $(2): what it is, $(3): its type.
VERSION := $(shell sed -n 's/^  "version": "\([0-9.]*\)",$$/\1/p' ../../package.json)
comma = ,

define version
$(OUT)/$(1): $(OUT)/$(1).version.o
$(OUT)/$(1).version.o: version.rc version.mk ../../package.json
	@mkdir -p $(OUT)
	sed -e 's/@NUMBERS@/$(subst .,$(comma),$(VERSION)),0/; s/@VERSION@/$(VERSION)/; s/@NAME@/$(1)/; s/@WHAT@/$(2)/; s/@TYPE@/$(3)/' version.rc > $(OUT)/$(1).rc
	x86_64-w64-mingw32-windres $(OUT)/$(1).rc $$@
endef
$(eval $(call version,sallyport_provider.dll,Sallyport credential provider,VFT_DLL))
$(eval $(call version,sallyport-relay.exe,Sallyport service,VFT_APP))
$(eval $(call version,sallyport_setup.dll,Sallyport setup,VFT_DLL))

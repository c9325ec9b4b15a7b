int zl_pictures_version(void);

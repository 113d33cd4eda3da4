import { offerCopies } from './copy.ts';
import { followOldAddress } from './old_address.ts';
import { showPlace } from './place.ts';
import { offerSearch } from './search_box.ts';
import { makeTabs } from './tabs.ts';
import { offerTheme } from './theme_choice.ts';
import { enableTrying } from './try.ts';

followOldAddress();
showPlace();
offerTheme();
offerSearch();
offerCopies();
enableTrying();
makeTabs();
